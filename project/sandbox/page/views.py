"""What the chat page shows. Ids are text, since a browser's numbers are too small for them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeVar

from project.sandbox.discord.model import Message as DiscordMessage
from project.sandbox.discord.snowflake import created_ms
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.telegram.channels import Channel as TelegramChannel
from project.sandbox.telegram.messages import Entity
from project.sandbox.telegram.messages import StoredMessage as TelegramMessage
from project.sandbox.telegram.world import TelegramWorld

SHOWN = 80
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with a link that shows it."""

    name: str
    url: str
    image: bool
    size: int


@dataclass(frozen=True, slots=True)
class Row:
    """One message. `at` is in Unix milliseconds; `entities` are Telegram's, `badge` is "", "bot" or "webhook"."""

    id: str
    author: str
    badge: str
    text: str
    entities: tuple[Entity, ...]
    reply_to: str
    files: tuple[File, ...]
    edits: int
    deleted: bool
    at: float


@dataclass(frozen=True, slots=True)
class Chat:
    """One entry of the list. `key` is "tg:<id>" or "dc:<id>"."""

    key: str
    name: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to write as. Id "" is the Telegram channel itself."""

    id: str
    name: str


def telegram_chats(world: TelegramWorld) -> list[Chat]:
    """All channels and groups."""
    return [_telegram_chat(channel) for channel in world.channels()]


def _telegram_chat(channel: TelegramChannel) -> Chat:
    kind = "group" if channel.megagroup else "channel"
    count = sum(not message.service for message in channel.messages.values())
    return Chat(f"tg:{channel.id}", channel.title, kind, count)


def discord_chats(world: DiscordWorld) -> list[Chat]:
    """All channels and threads, under the name of their guild."""
    guilds = world.state.guilds
    every = world.state.channels.values()
    return [Chat(f"dc:{c.id}", c.name, guilds[c.guild_id].name, len(c.messages)) for c in every]


def telegram_people(world: TelegramWorld) -> list[Person]:
    """Whom one can write as: the channel, or a user."""
    users = [Person(str(user.id), user.name) for user in world.accounts() if not user.is_bot]
    return [Person("", "the channel itself"), *users]


def discord_people(world: DiscordWorld) -> list[Person]:
    """People, without bots."""
    return [Person(str(user.id), user.name) for user in world.state.users.values() if not user.is_bot]


def telegram_rows(world: TelegramWorld, channel_id: int) -> list[Row]:
    """The newest messages of a chat, oldest first."""
    channel = world.channel(channel_id)
    return [_telegram_row(world, channel, message) for message in _newest(channel.messages)]


def _newest(messages: dict[int, T]) -> list[T]:
    return list(itertools.islice(reversed(messages.values()), SHOWN))[::-1]


def _telegram_row(world: TelegramWorld, channel: TelegramChannel, message: TelegramMessage) -> Row:
    author = world.state.users.get(message.author_id or 0)
    file = message.file
    link = f"/chat/files/telegram/{file.id}" if file else ""
    files = (File(file.name, link, file.photo or file.mime.startswith("image/"), file.size),) if file else ()
    return Row(
        id=str(message.id),
        author=author.name if author else channel.title,
        badge="bot" if author and author.is_bot else "",
        text="channel created" if message.service else message.text,
        entities=message.entities,
        reply_to=str(message.reply_to or ""),
        files=files,
        edits=len(message.edits),
        deleted=message.deleted,
        at=message.arrived_wall,
    )


def discord_rows(world: DiscordWorld, channel_id: int) -> list[Row]:
    """The newest messages of a channel, oldest first."""
    channel = world.state.channels[channel_id]
    return [_discord_row(message) for message in _newest(channel.messages)]


def _discord_row(message: DiscordMessage) -> Row:
    badge = "webhook" if message.webhook_id else "bot" if message.author_is_bot else ""
    folder = f"/chat/files/discord/{message.channel_id}/{message.id}"
    files = tuple(
        File(f.filename, f"{folder}/{f.id}", f.content_type.startswith("image/"), len(f.data))
        for f in message.attachments
    )
    return Row(
        id=str(message.id),
        author=message.author_name,
        badge=badge,
        text=message.content,
        entities=(),
        reply_to=str(message.reference or ""),
        files=files,
        edits=len(message.edits),
        deleted=message.deleted_at is not None,
        at=created_ms(message.id),
    )
