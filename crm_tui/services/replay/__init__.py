"""The board as it was at any past minute (N10)."""
