"""A strict Bot API on loopback, spoken by an unmodified aiogram.

`world.BotWorld` is the state and the verbs; `server.BotApiServer` speaks for it. Bots, users, channels and files
are those of the loopback Telegram.
"""
