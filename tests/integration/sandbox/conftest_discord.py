"""Fixtures around a loopback Discord, and stock discord.py clients for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import aiohttp
import discord
import pytest_asyncio
import yarl
from aiohttp import web

from project.sandbox.discord.limits import Limits, profile
from project.sandbox.discord.server import DiscordServer
from project.sandbox.discord.world import DiscordWorld


@dataclass
class LoopbackDiscord:
    """A running loopback Discord with one guild, one channel, one bot and one person."""

    world: DiscordWorld
    server: DiscordServer
    guild: int
    channel: int
    bot_id: int
    token: str = field(repr=False)
    user: int = 0

    @property
    def api(self) -> str:
        """Where REST is: DISCORD_API_URL."""
        return self.world.api_url

    @property
    def gateway(self) -> str:
        """Where the gateway is: DISCORD_GATEWAY_URL."""
        return self.server.gateway_url

    def texts(self) -> list[str]:
        """What stands in the channel now."""
        return [message.content for message in self.world.messages(self.channel) if not message.deleted]


@asynccontextmanager
async def run_discord(limits: Limits | str = "off") -> AsyncIterator[LoopbackDiscord]:
    """A loopback Discord on a free port; profile "off" unless told."""
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
    try:
        yield LoopbackDiscord(world, server, guild, channel, bot.id, bot.token, world.create_user("ann"))
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture
async def loopback() -> AsyncIterator[LoopbackDiscord]:
    """A loopback Discord without waits."""
    async with run_discord() as running:
        yield running


@pytest_asyncio.fixture
async def real_loopback() -> AsyncIterator[LoopbackDiscord]:
    """A loopback Discord with the `real` limits."""
    async with run_discord("real") as running:
        yield running


class RecordingClient(discord.Client):
    """A stock client that remembers what it was told."""

    def __init__(self, **options: Any) -> None:
        intents = options.pop("intents", None) or _default_intents()
        options.setdefault("guild_ready_timeout", 0.05)
        super().__init__(intents=intents, **options)
        self.seen: list[tuple[str, Any]] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.seen.append((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No five seconds before a second IDENTIFY: tests would wait for nothing."""

    def events(self, name: str) -> list[Any]:
        """What came with the events of this name ("message", "raw_message_edit", ...)."""
        return [data for event, data in self.seen if event == name]

    async def until(self, condition: Callable[[], Any], *, seconds: float = 10) -> None:
        """Waits for a condition; fails with what was seen."""
        await until(condition, seconds=seconds, why=lambda: f"seen: {[event for event, _ in self.seen]}")


def _default_intents() -> discord.Intents:
    intents = discord.Intents.default()
    intents.message_content = True
    return intents


async def until(condition: Callable[[], Any], *, seconds: float = 10, why: Callable[[], str] = str) -> None:
    """Waits until `condition()` is true; raises AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not happen in {seconds} s; {why()}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def client_for(running: LoopbackDiscord, *, ready: bool = True, **options: Any) -> AsyncIterator[RecordingClient]:
    """A stock discord.py client, logged in and connected to the loopback gateway."""
    gateway = yarl.URL(running.gateway)
    with (
        patch.object(discord.http.Route, "BASE", running.api),
        patch.object(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway),
    ):
        client = RecordingClient(**options)
        task = asyncio.create_task(client.start(running.token))
        try:
            if ready:
                await client.until(lambda: task.done() or client.is_ready())
                if task.done():
                    await task
            client.runner = task  # type: ignore[attr-defined]
            yield client
        finally:
            await client.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@dataclass
class Answered:
    """An HTTP answer."""

    status: int
    headers: Any
    json: Any


class Caller:
    """Plain HTTP calls of a bot, without discord.py's retries and waits."""

    def __init__(self, running: LoopbackDiscord, http: aiohttp.ClientSession) -> None:
        self._running = running
        self._http = http

    async def __call__(self, method: str, path: str, *, token: str | None = None, **options: Any) -> Answered:
        headers = {"Authorization": f"Bot {self._running.token if token is None else token}"}
        url = path if path.startswith("http") else self._running.api + path
        async with self._http.request(method, url, headers=headers, **options) as response:
            body = await response.read()
            json = await response.json(content_type=None) if body[:1] in (b"{", b"[") else body
            return Answered(response.status, response.headers, json)


@asynccontextmanager
async def calls(running: LoopbackDiscord) -> AsyncIterator[Caller]:
    """Plain HTTP calls against a loopback Discord."""
    async with aiohttp.ClientSession() as http:
        yield Caller(running, http)


@pytest_asyncio.fixture
async def call(loopback: LoopbackDiscord) -> AsyncIterator[Caller]:
    """Plain HTTP calls against `loopback`."""
    async with calls(loopback) as caller:
        yield caller


def limits_with(**changes: Any) -> Limits:
    """The profile `off` with some numbers changed."""
    return replace(profile("off"), **changes)
