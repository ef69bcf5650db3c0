"""What the studio earned, when, and by whom: pure measures over columns, and their loading."""
