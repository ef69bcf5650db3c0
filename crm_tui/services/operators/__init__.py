"""The people who work with the console."""
