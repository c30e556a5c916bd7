"""The parts of Discord's JSON that we read. Snowflakes travel as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec

from project.core.errors import GatewayError
from project.core.logs import get_logger
from project.discord.errors import lost
from project.discord.fields import Fields
from project.discord.objects import Posted
from project.discord.routes import Route

log = get_logger(__name__)

T = TypeVar("T")
Snowflake = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
Bits = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,40}$")]  # permissions: a number of any size, as text
Items = list[msgspec.Raw]  # read one by one with `each`: an odd one costs itself, not the list


class Id(msgspec.Struct):
    id: Snowflake


class User(msgspec.Struct):
    id: Snowflake
    username: str | None = None


class Application(msgspec.Struct):
    id: Snowflake
    flags: int | None = None
    approximate_guild_count: int | None = None


class Message(msgspec.Struct):
    id: Snowflake
    author: User
    content: str | None = None
    webhook_id: Snowflake | None = None
    nonce: str | int | None = None
    attachments: list[Id] | None = None


class Overwrite(msgspec.Struct):
    id: Snowflake
    allow: Bits = "0"
    deny: Bits = "0"


class Channel(msgspec.Struct):
    id: Snowflake
    type: int
    name: str | None = None
    guild_id: Snowflake | None = None
    parent_id: Snowflake | None = None
    permission_overwrites: Items | None = None


class Role(msgspec.Struct):
    id: Snowflake
    permissions: Bits


class Guild(msgspec.Struct):
    id: Snowflake
    owner_id: Snowflake
    roles: Items


class Member(msgspec.Struct):
    roles: list[Snowflake]


class Hook(msgspec.Struct):
    id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    application_id: Snowflake | None = None
    token: str | None = None


def read(route: Route, body: bytes, shape: type[T]) -> T:
    """The answer's body as `shape`; when it is something else, the outcome counts as lost, and the error names the
    route and the field."""
    problem: GatewayError
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        told = f"Discord's answer to {route.method} {route.template} cannot be read: {why(error)}."
        problem = lost(route, told, code="answer")
    raise problem


def each(route: Route, items: Iterable[msgspec.Raw], shape: type[T]) -> list[T]:
    """The items of a list that are `shape`; what is none is named in the log."""
    found = []
    for item in items:
        try:
            found.append(msgspec.json.decode(item, type=shape))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.error(
                "an item of Discord's answer cannot be read", route=f"{route.method} {route.template}", why=why(error)
            )
    return found


def fields(route: Route, body: bytes) -> Fields:
    """The answer's body, field by field."""
    return Fields(read(route, body, dict))


def why(error: Exception) -> str:
    """What is wrong, and at which field ("$" is the whole); it names kinds, never values."""
    return str(error).rstrip(".") if isinstance(error, msgspec.ValidationError) else "it is no JSON"


def number(text: str | None) -> int | None:
    """A snowflake, or None."""
    return int(text) if text else None


def posted(message: Message) -> Posted:
    """The message as the relay looks at it."""
    return Posted(
        id=int(message.id),
        author_id=int(message.author.id),
        webhook_id=number(message.webhook_id),
        content=message.content or "",
        nonce=str(message.nonce or ""),
        attachments=len(message.attachments or ()),
    )
