"""The admin bot over a recorded Bot API: what it answers to whom."""
