"""Custom fields (A7, first form): definitions, and values checked against them."""
