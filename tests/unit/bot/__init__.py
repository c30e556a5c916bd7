"""Pure parts of the admin bot."""
