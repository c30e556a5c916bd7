"""The commands that belong to no room."""
