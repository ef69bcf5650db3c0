"""What somebody has to do until a time (D3)."""
