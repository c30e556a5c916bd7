"""The parts of Discord's JSON that we read. Snowflakes travel as text."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from project.core.errors import GatewayError
from project.discord.errors import lost
from project.discord.objects import Posted
from project.discord.routes import Route

T = TypeVar("T")


class Id(msgspec.Struct):
    id: str


class User(msgspec.Struct):
    id: str
    username: str = ""


class Application(msgspec.Struct):
    id: str
    flags: int = 0


class File(msgspec.Struct):
    id: str
    url: str
    filename: str = ""
    size: int = 0


class Message(msgspec.Struct):
    id: str
    author: User
    content: str = ""
    webhook_id: str | None = None
    nonce: str | int | None = None
    attachments: list[File] = []


class Overwrite(msgspec.Struct):
    id: str
    type: int
    allow: str = "0"
    deny: str = "0"


class Channel(msgspec.Struct):
    id: str
    type: int
    name: str | None = None
    guild_id: str | None = None
    parent_id: str | None = None
    permission_overwrites: list[Overwrite] = []


class Role(msgspec.Struct):
    id: str
    permissions: str


class Guild(msgspec.Struct):
    id: str
    owner_id: str
    roles: list[Role]


class Member(msgspec.Struct):
    roles: list[str]


class Hook(msgspec.Struct):
    id: str
    channel_id: str | None = None
    guild_id: str | None = None
    application_id: str | None = None
    token: str | None = None


def read(route: Route, body: bytes, shape: type[T]) -> T:
    """The answer's body as `shape`; when it is something else, the outcome counts as lost."""
    problem: GatewayError
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = lost(route, "Discord's answer cannot be read.", code="answer")
    raise problem


def number(text: str | None) -> int | None:
    """A snowflake, or None."""
    return int(text) if text else None


def posted(message: Message) -> Posted:
    """The message as the relay looks at it."""
    return Posted(
        id=int(message.id),
        author_id=int(message.author.id),
        webhook_id=number(message.webhook_id),
        content=message.content,
        nonce=str(message.nonce or ""),
        attachments=len(message.attachments),
    )
