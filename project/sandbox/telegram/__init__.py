"""A strict Telegram on loopback: MTProto over TCP, spoken by an unmodified Telethon.

`world.TelegramWorld` is the state and the verbs, without any protocol; `server.TelegramServer` speaks for it.
"""
