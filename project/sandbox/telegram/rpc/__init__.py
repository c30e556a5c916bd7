"""Telegram's methods, one module per namespace or concern."""
