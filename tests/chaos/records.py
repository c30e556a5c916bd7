"""What the sandbox holds of each route: all that the judgement looks at."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from project.sandbox.client import ControlClient
from project.sandbox.discord.views import StoredMessage as DiscordMessage
from project.sandbox.telegram.messages import StoredMessage as TelegramMessage
from tests.harness.world import Route, World

_MARK = re.compile(r"#(\d{6})")
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """A message somewhere, by the number in its text. `arrived`: milliseconds of the machine's monotonic clock."""

    number: int
    text: str
    arrived: float
    deleted: bool
    id: int = 0


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """Everything that ever stood in a route's chats, in order there. `said`: people's messages on Discord.

    `readable`: the Discord bot can look whether a post stands.
    """

    readable: bool
    source: tuple[Seen, ...]
    discord: tuple[Seen, ...]
    said: tuple[Seen, ...]
    destination: tuple[Seen, ...]


async def read(control: ControlClient, world: World, routes: Iterable[int]) -> dict[int, RouteRecord]:
    """The records of these routes, few at a time: the sandbox has other things to do."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> tuple[int, RouteRecord]:
        async with turn:
            return index, await _read(control, world.routes[index], world)

    return dict(await asyncio.gather(*map(one, routes)))


async def _read(control: ControlClient, route: Route, world: World) -> RouteRecord:
    source = await control.telegram.messages(route.source)
    discord = await control.discord.messages(route.channel)
    destination = await control.telegram.messages(route.destination)
    return RouteRecord(
        readable=route.readable,
        source=_seen(source),
        discord=_discord(message for message in discord if message.author_id != world.reader),
        said=_discord(message for message in discord if message.author_id == world.reader),
        destination=_seen(destination),
    )


def _seen(messages: Iterable[TelegramMessage]) -> tuple[Seen, ...]:
    return tuple(Seen(_number(m.text), m.text, m.arrived_at, m.deleted, m.id) for m in messages if not m.service)


def _discord(messages: Iterable[DiscordMessage]) -> tuple[Seen, ...]:
    return tuple(Seen(_number(m.content), m.content, m.arrived_at, m.deleted, m.id) for m in messages)


def _number(text: str) -> int:
    """The mark; 0 for a message without one, which nobody wrote."""
    found = _MARK.search(text)
    return int(found[1]) if found else 0
