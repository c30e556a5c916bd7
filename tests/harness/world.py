"""People, chats and bots for many sessions, made in the sandbox by its control API."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from project.sandbox.client import ControlClient

SHARED_BY = 4  # sessions that share one sender bot
KINDS = ("own bot", "shared bot", "itself")


@dataclass(frozen=True, slots=True)
class Person:
    """A user whose login becomes session `name`."""

    name: str
    phone: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Route:
    """One pair. `webhook` is empty when the Discord bot posts; `sender` is "" when the session itself does.

    `readable`: the Discord bot sees the channel. `poster` is the Telegram account that writes at the destination.
    """

    session: str
    source: int
    channel: int
    webhook: str
    destination: int
    sender: str
    readable: bool
    poster: int


@dataclass(frozen=True, slots=True)
class World:
    """Everything that was made."""

    people: tuple[Person, ...]
    bots: dict[str, str]
    routes: tuple[Route, ...]
    guild: int
    discord_bot: int
    discord_token: str
    reader: int


async def build(control: ControlClient, sessions: int, pairs: int, *, blind_every: int = 0) -> World:
    """`sessions` people with `pairs` routes each, by all kinds of senders in turn; every other posts by webhook.

    `blind_every` (even): in every so many routes, one with a webhook whose channel the bot may not see.
    """
    people = [await _person(control, number) for number in range(1, sessions + 1)]
    bots = await _bots(control, sessions) if pairs else {}
    guild = await control.discord.create_guild("Harness")
    discord_bot = await control.discord.create_bot("relay")
    kinds = cycle(KINDS)
    made = [
        _route(control, guild, person, _sender(next(kinds), number), number * pairs + turn, bots)
        for number, person in enumerate(people)
        for turn in range(pairs)
    ]
    routes = await _in_order(made)
    if blind_every:
        routes = [
            await _blinded(control, discord_bot.id, r) if n % blind_every == 3 else r for n, r in enumerate(routes)
        ]
    return World(
        people=tuple(people),
        bots={name: token for name, (_, token) in bots.items()},
        routes=tuple(routes),
        guild=guild,
        discord_bot=discord_bot.id,
        discord_token=discord_bot.token,
        reader=await control.discord.create_user("reader"),
    )


def _sender(kind: str, number: int) -> str:
    return {"own bot": f"own_{number}_bot", "shared bot": f"shared_{number // SHARED_BY}_bot", "itself": ""}[kind]


async def _person(control: ControlClient, number: int) -> Person:
    name, phone = f"s{number}", f"+49151{number:07d}"
    return Person(name, phone, await control.telegram.create_user(phone, name))


async def _bots(control: ControlClient, sessions: int) -> dict[str, tuple[int, str]]:
    names = [f"own_{number}_bot" for number in range(sessions)]
    names += [f"shared_{number}_bot" for number in range((sessions - 1) // SHARED_BY + 1)]
    made = [await control.telegram.create_bot(name, username=name) for name in names]
    return {name: (bot.user_id, bot.token) for name, bot in zip(names, made, strict=True)}


async def _route(
    control: ControlClient, guild: int, person: Person, sender: str, index: int, bots: dict[str, tuple[int, str]]
) -> Route:
    poster = bots[sender][0] if sender else person.user_id
    source = await control.telegram.create_channel(f"source {index}", members=[person.user_id])
    destination = await control.telegram.create_channel(
        f"destination {index}", members=[person.user_id], admins=[poster]
    )
    channel = await control.discord.create_channel(guild, f"channel-{index}")
    webhook = await control.discord.create_webhook(channel, "relay") if index % 2 else ""
    return Route(person.name, source, channel, webhook, destination, sender, readable=True, poster=poster)


async def _blinded(control: ControlClient, bot: int, route: Route) -> Route:
    await control.discord.set_permissions(route.channel, bot, [])
    return replace(route, readable=False)


async def _in_order(work: Sequence[Coroutine[None, None, Route]]) -> list[Route]:
    """Twenty at a time: the sandbox has one process."""
    return [route for start in range(0, len(work), 20) for route in await asyncio.gather(*work[start : start + 20])]
