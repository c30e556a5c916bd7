"""A whole installation on one machine, between a loopback Telegram and Discord, with messages travelling through it."""
