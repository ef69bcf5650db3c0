"""The console's screens: one file (and its ``.tcss``) a screen, dialogs beside them."""
