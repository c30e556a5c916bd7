"""What the chat page shows. Ids are text, since a browser's numbers are too small for them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeVar

from project.sandbox.botapi.model import ChatMessage as BotChatMessage
from project.sandbox.botapi.model import Command
from project.sandbox.botapi.world import BotWorld
from project.sandbox.discord.model import Message as DiscordMessage
from project.sandbox.discord.snowflake import created_ms
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.telegram.channels import Channel as TelegramChannel
from project.sandbox.telegram.messages import Entity, StoredFile
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
class Label:
    """A button of a bot's message; one with a link opens it."""

    text: str
    url: str


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
    buttons: tuple[tuple[Label, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    """One entry of the list. `key` is "tg:<id>", "dc:<id>" or "bt:<bot>.<person>"."""

    key: str
    name: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Side:
    """What a person sees beside a chat with a bot: the menu, and the last answer to a press."""

    menu: list[Command]
    toast: str


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


def bot_people(world: BotWorld) -> list[Person]:
    """Whom one can talk to a bot as."""
    return [Person(str(user.id), user.name) for user in world.state.users.values() if not user.is_bot]


def discord_people(world: DiscordWorld) -> list[Person]:
    """People, without bots."""
    return [Person(str(user.id), user.name) for user in world.state.users.values() if not user.is_bot]


def bot_chats(world: BotWorld) -> list[Chat]:
    """The bots that can be talked to, each with the person who has a chat with it, or else the first one."""
    users = world.state.users
    anybody = next((user.id for user in users.values() if not user.is_bot), 0)
    found = []
    for bot_id in world.bots():
        person = next(iter(world.chats(bot_id)), anybody)
        count = len(world.box(bot_id).chats[person].messages) if person in world.box(bot_id).chats else 0
        found.append(Chat(f"bt:{bot_id}.{person}", users[bot_id].name, "bot", count))
    return found


def bot_rows(world: BotWorld, bot_id: int, person: int) -> list[Row]:
    """The newest messages between a bot and a person, oldest first."""
    chat = world.box(bot_id).chats.get(person)
    return [_bot_row(world, message) for message in _newest(chat.messages)] if chat else []


def bot_side(world: BotWorld, bot_id: int, person: int) -> Side:
    """The menu and the last toast."""
    toasts = world.toasts(person, bot_id)
    return Side(world.menu(bot_id, person), toasts[-1].text if toasts else "")


def _bot_row(world: BotWorld, message: BotChatMessage) -> Row:
    author, content = world.state.user(message.author_id or 0), message.content
    labels = tuple(tuple(Label(button.text, button.url) for button in row) for row in content.keyboard)
    return Row(
        id=str(message.id),
        author=author.name,
        badge="bot" if author.is_bot else "",
        text=content.text,
        entities=content.entities,
        reply_to=str(message.reply_to or ""),
        files=_files(content.file),
        edits=message.edits,
        deleted=message.deleted,
        at=message.at,
        buttons=labels,
    )


def _files(file: StoredFile | None) -> tuple[File, ...]:
    link = f"/chat/files/telegram/{file.id}" if file else ""
    return (File(file.name, link, file.photo or file.mime.startswith("image/"), file.size),) if file else ()


def telegram_rows(world: TelegramWorld, channel_id: int) -> list[Row]:
    """The newest messages of a chat, oldest first."""
    channel = world.channel(channel_id)
    return [_telegram_row(world, channel, message) for message in _newest(channel.messages)]


def _newest(messages: dict[int, T]) -> list[T]:
    return list(itertools.islice(reversed(messages.values()), SHOWN))[::-1]


def _telegram_row(world: TelegramWorld, channel: TelegramChannel, message: TelegramMessage) -> Row:
    author = world.state.users.get(message.author_id or 0)
    return Row(
        id=str(message.id),
        author=author.name if author else channel.title,
        badge="bot" if author and author.is_bot else "",
        text="channel created" if message.service else message.text,
        entities=message.entities,
        reply_to=str(message.reply_to or ""),
        files=_files(message.file),
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
