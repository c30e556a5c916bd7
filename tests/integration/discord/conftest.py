"""A loopback Discord with one channel, one bot and one person, and our adapter in front of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
import pytest_asyncio
from aiohttp import web

from project.core.secret import Secret
from project.discord.rest import DiscordRest, Webhook
from project.discord.session import open_http
from project.discord.urls import parse_webhook_url
from project.sandbox.discord.limits import Limits, profile
from project.sandbox.discord.server import DiscordServer
from project.sandbox.discord.views import StoredMessage
from project.sandbox.discord.world import DiscordWorld

SEND = "POST /channels/{id}/messages"
EDIT = "PATCH /channels/{id}/messages/{message_id}"
DELETE = "DELETE /channels/{id}/messages/{message_id}"
READ = "GET /channels/{id}/messages"
EXECUTE = "POST /webhooks/{id}/{token}"


@dataclass
class Place:
    """What a test works with."""

    world: DiscordWorld
    server: DiscordServer
    rest: DiscordRest
    http: aiohttp.ClientSession
    token: Secret
    bot: int
    application: int
    guild: int
    channel: int
    person: int
    hook: Webhook

    def standing(self) -> list[StoredMessage]:
        """The messages that are not deleted."""
        return [message for message in self.world.messages(self.channel) if not message.deleted]

    def calls(self, method: str) -> int:
        """How often a method was called, by anybody."""
        return sum(calls.get(method, 0) for calls in self.world.counters().calls.values())


def limits_with(**changes: object) -> Limits:
    """The profile without waits, with some numbers changed."""
    return replace(profile("off"), **changes)


@asynccontextmanager
async def run_place(limits: Limits | str = "off") -> AsyncIterator[Place]:
    """A place with the limits; fails at the end when an unknown method was called."""
    world = DiscordWorld(limits)
    server = DiscordServer(world)
    app = web.Application(client_max_size=0)
    server.install(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.serve_at("127.0.0.1", runner.addresses[0][1])
    guild = world.create_guild("guild")
    bot = world.create_bot("relay")
    channel = world.create_channel(guild, "general")
    hook = parse_webhook_url(world.create_webhook(channel, "hook"), api_url=world.api_url)
    token = Secret(bot.token)
    async with open_http() as http:
        rest = DiscordRest(http=http, api_url=world.api_url, token=token)
        person = world.create_user("ann")
        yield Place(world, server, rest, http, token, bot.id, bot.application_id, guild, channel, person, hook)
    await runner.cleanup()
    assert dict(world.counters().unknown_methods) == {}


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    """A place without waits."""
    async with run_place() as made:
        yield made


async def until(condition: Callable[[], object], *, seconds: float = 15) -> None:
    """Wait for a condition, with a deadline."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        await asyncio.sleep(0.01)
