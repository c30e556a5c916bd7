"""The admin site as operators use it."""
