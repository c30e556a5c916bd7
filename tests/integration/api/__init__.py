"""Sessions from Python."""
