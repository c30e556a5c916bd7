"""The chat page: look into both worlds, and take part."""
