"""Gateway intents: which events they bring, and which are privileged (topics/gateway)."""

from __future__ import annotations

from project.sandbox.discord.model import Bot
from project.sandbox.discord.state import Happening

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_WEBHOOKS = 1 << 5
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
MESSAGE_CONTENT = 1 << 15
KNOWN = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))

NEEDED = {
    Happening.MESSAGE_CREATE: GUILD_MESSAGES,
    Happening.MESSAGE_UPDATE: GUILD_MESSAGES,
    Happening.MESSAGE_DELETE: GUILD_MESSAGES,
    Happening.MESSAGE_DELETE_BULK: GUILD_MESSAGES,
    Happening.CHANNEL_CREATE: GUILDS,
    Happening.CHANNEL_UPDATE: GUILDS,
    Happening.CHANNEL_DELETE: GUILDS,
    Happening.THREAD_CREATE: GUILDS,
    Happening.GUILD_CREATE: GUILDS,
    Happening.GUILD_DELETE: GUILDS,
    Happening.WEBHOOKS_UPDATE: GUILD_WEBHOOKS,
}


def invalid(intents: object) -> bool:
    """Close code 4013: not a set of known bits."""
    return not isinstance(intents, int) or isinstance(intents, bool) or intents < 0 or bool(intents & ~KNOWN)


def disallowed(intents: int, bot: Bot) -> bool:
    """Close code 4014: a privileged intent that the portal has not switched on."""
    granted = MESSAGE_CONTENT if bot.message_content else 0
    granted |= GUILD_MEMBERS if bot.members_intent else 0
    granted |= GUILD_PRESENCES if bot.presences_intent else 0
    privileged = MESSAGE_CONTENT | GUILD_MEMBERS | GUILD_PRESENCES
    return bool(intents & privileged & ~granted)
