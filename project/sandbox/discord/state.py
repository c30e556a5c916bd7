"""Everything the loopback Discord knows, with the look-ups that answer as Discord does."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from project.sandbox.discord.errors import ApiError, Problem
from project.sandbox.discord.limits import Limits
from project.sandbox.discord.model import Bot, Channel, Guild, Message, User, Webhook
from project.sandbox.discord.permissions import Permission
from project.sandbox.discord.snowflake import Snowflakes


class Happening(StrEnum):
    """What listeners are told; the values are the gateway's event names."""

    MESSAGE_CREATE = "MESSAGE_CREATE"
    MESSAGE_UPDATE = "MESSAGE_UPDATE"
    MESSAGE_DELETE = "MESSAGE_DELETE"
    MESSAGE_DELETE_BULK = "MESSAGE_DELETE_BULK"
    CHANNEL_CREATE = "CHANNEL_CREATE"
    CHANNEL_UPDATE = "CHANNEL_UPDATE"
    CHANNEL_DELETE = "CHANNEL_DELETE"
    THREAD_CREATE = "THREAD_CREATE"
    WEBHOOKS_UPDATE = "WEBHOOKS_UPDATE"
    GUILD_CREATE = "GUILD_CREATE"
    GUILD_DELETE = "GUILD_DELETE"


@dataclass(frozen=True, slots=True)
class Happened:
    """One change. `bot_id` limits it to one bot; messages are all of `channel`."""

    what: Happening
    guild_id: int
    channel: Channel | None = None
    messages: tuple[Message, ...] = ()
    bot_id: int | None = None


@dataclass(slots=True)
class State:
    """The whole of it. `listeners` are called at once, in order, and must not block."""

    limits: Limits
    users: dict[int, User] = field(default_factory=dict)
    bots: dict[int, Bot] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    nonces: dict[tuple[int, str], Message] = field(default_factory=dict)  # (author, nonce) -> the newest with it
    listeners: list[Callable[[Happened], None]] = field(default_factory=list)
    ids: Snowflakes = field(default_factory=Snowflakes)
    cdn_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    cdn_url: str = ""

    def tell(self, happened: Happened) -> None:
        """Tells every listener."""
        for listener in self.listeners:
            listener(happened)

    def bot_by_token(self, token: str) -> Bot | None:
        """The bot with this token."""
        return next((bot for bot in self.bots.values() if secrets.compare_digest(bot.token, token)), None)

    def guild_for(self, bot: Bot, guild_id: int) -> Guild:
        """A guild the bot is in; raises 10004, or 50001 when it is not in it."""
        guild = self.guilds.get(guild_id)
        if guild is None:
            raise ApiError(Problem.UNKNOWN_GUILD)
        if bot.id not in guild.bots:
            raise ApiError(Problem.MISSING_ACCESS)
        return guild

    def rights(self, bot: Bot, channel: Channel) -> frozenset[Permission]:
        """Rights of a bot in a channel; threads follow their parent; none outside its guilds."""
        if bot.id not in self.guilds[channel.guild_id].bots:
            return frozenset()
        return self.channels[channel.parent_id or channel.id].allowed(bot.id)

    def channel_for(self, bot: Bot, channel_id: int, *needed: Permission) -> Channel:
        """A channel the bot may see and has the `needed` rights in; raises 10003, 50001 or 50013."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise ApiError(Problem.UNKNOWN_CHANNEL)
        rights = self.rights(bot, channel)
        if Permission.VIEW not in rights:
            raise ApiError(Problem.MISSING_ACCESS)
        if not rights.issuperset(needed):
            raise ApiError(Problem.MISSING_PERMISSIONS)
        return channel


def live_message(channel: Channel, message_id: int) -> Message:
    """A message that still exists; raises 10008."""
    message = channel.messages.get(message_id)
    if message is None or message.deleted_at is not None:
        raise ApiError(Problem.UNKNOWN_MESSAGE)
    return message


def now_ms() -> float:
    """Monotonic milliseconds: the clock of every `arrived_at` in the sandbox."""
    return time.monotonic() * 1000


Json = dict[str, object]
JsonMap = Mapping[str, object]
