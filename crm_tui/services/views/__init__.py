"""Saved views: filter lines with a name, of one person or of all, remembered per list."""
