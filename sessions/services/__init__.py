"""What people do with sessions and senders; every door (bot, admin site, command line, Python) calls these."""
