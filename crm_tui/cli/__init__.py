"""The commands that scripts rely on: one file a group, nothing heavy imported at the top."""
