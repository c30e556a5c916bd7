"""What the sandbox holds, in the form that the table and the check look at. Never the product's own tables."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from project.demo.world import DemoRoute
from project.sandbox.client import ControlClient
from project.sandbox.discord.views import StoredMessage as DiscordMessage
from project.sandbox.telegram.messages import StoredMessage as TelegramMessage

_MARK = re.compile(r"#(\d{4,})")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message somewhere. `arrived` is in milliseconds of the sandbox's clock; `ours`: not posted by a person."""

    id: int
    text: str
    number: int | None
    arrived: float
    deleted: bool
    edited: bool
    reply_to: int | None
    ours: bool


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """Everything that ever stood in a route's three chats, in order of arrival."""

    title: str
    source: tuple[Seen, ...]
    discord: tuple[Seen, ...]
    destination: tuple[Seen, ...]


async def read_records(control: ControlClient, routes: Sequence[DemoRoute], bot: int) -> list[RouteRecord]:
    """Reads all chats of all routes. `bot` is the Discord bot's id."""
    return list(await asyncio.gather(*(_read(control, route, bot) for route in routes)))


async def _read(control: ControlClient, route: DemoRoute, bot: int) -> RouteRecord:
    source, discord, destination = await asyncio.gather(
        control.telegram.messages(route.source),
        control.discord.messages(route.channel),
        control.telegram.messages(route.destination),
    )
    return RouteRecord(
        title=route.title,
        source=tuple(map(_telegram, source)),
        discord=tuple(_discord(message, bot) for message in discord),
        destination=tuple(map(_telegram, destination)),
    )


def _telegram(message: TelegramMessage) -> Seen:
    return Seen(
        id=message.id,
        text=message.text,
        number=_number(message.text),
        arrived=message.arrived_at,
        deleted=message.deleted,
        edited=bool(message.edits),
        reply_to=message.reply_to,
        ours=message.random_id is not None,
    )


def _discord(message: DiscordMessage, bot: int) -> Seen:
    link = re.search(r"channels/\d+/\d+/(\d+)", message.content)
    return Seen(
        id=message.id,
        text=message.content,
        number=_number(message.content),
        arrived=message.arrived_at,
        deleted=message.deleted,
        edited=bool(message.edits),
        reply_to=message.reference or (int(link[1]) if link else None),
        ours=message.webhook_id is not None or message.author_id == bot,
    )


def _number(text: str) -> int | None:
    """The last mark: a quote of the answered message stands before the text."""
    marks = _MARK.findall(text)
    return int(marks[-1]) if marks else None
