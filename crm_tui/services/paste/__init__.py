"""Paste-to-order (N5): what a chat or a filled form says, piece by piece, nothing in silence."""
