"""A running loopback Telegram and stock Telethon clients that know nothing of it but its address and key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import MemorySession

from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.settings import OFF, Settings
from project.sandbox.telegram.world import TelegramWorld

DEADLINE = 10.0


async def eventually(condition: Callable[[], object], deadline: float = DEADLINE) -> None:
    """Waits until `condition` holds; fails the test at the deadline."""
    async with asyncio.timeout(deadline):
        while not condition():  # noqa: ASYNC110 - any condition, not only events
            await asyncio.sleep(0.005)


class Clients:
    """Makes stock Telethon clients of one server."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.made: list[TelegramClient] = []

    def client(self, session: MemorySession | None = None, **options: object) -> TelegramClient:
        """A client that is not connected yet. A session brings its key along."""
        if session is None:
            session = MemorySession()
            session.set_dc(2, self.server.host, self.server.port)
        defaults = {"connection_retries": 1, "retry_delay": 0, "request_retries": 1, "flood_sleep_threshold": 0}
        client = TelegramClient(session, 1, "hash", **{**defaults, **options})
        self.made.append(client)
        return client

    async def user(self, phone: str, session: MemorySession | None = None, **options: object) -> TelegramClient:
        """A client that is logged in with the code that was sent."""
        client = self.client(session, **options)
        await client.connect()
        sent = await client.send_code_request(phone)
        code = self.server.world.login_code(phone)
        await client.sign_in(phone, code, phone_code_hash=sent.phone_code_hash)
        return client

    async def bot(self, token: str, **options: object) -> TelegramClient:
        """A client that is logged in as a bot."""
        client = self.client(**options)
        await client.connect()
        await client.sign_in(bot_token=token)
        return client


@pytest.fixture
def world() -> TelegramWorld:
    """A world without rates; tests of rates make their own."""
    return TelegramWorld(Settings(limits=OFF))


@pytest.fixture
async def server(world: TelegramWorld) -> AsyncIterator[TelegramServer]:
    """A server on a free port. A test that calls unknown methods fails, unless it clears them."""
    server = TelegramServer(world)
    await server.start()
    rsa.add_key(server.public_key_pem, old=False)
    yield server
    await server.stop()
    assert not any("INTERNAL" in errors for errors in world.counters().errors.values())


@pytest.fixture
async def clients(server: TelegramServer) -> AsyncIterator[Clients]:
    """A factory of clients, which are disconnected at the end."""
    factory = Clients(server)
    yield factory
    for client in factory.made:
        disconnected: Awaitable[None] | None = client.disconnect()
        if disconnected is not None:
            await disconnected
