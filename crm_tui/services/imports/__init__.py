"""Imports of a studio's own spreadsheets: recognised, judged row by row, undone as a whole."""
