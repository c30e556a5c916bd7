"""A running loopback Telegram and stock Telethon clients that know nothing of it but its address and key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import MemorySession
from telethon.tl import types

from project.sandbox.telegram.rsakey import ServerKey, new_key
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.settings import OFF, Settings
from project.sandbox.telegram.world import TelegramWorld

DEADLINE = 10.0


async def eventually(condition: Callable[[], object], deadline: float = DEADLINE) -> None:
    """Waits until `condition` holds; fails the test at the deadline."""
    async with asyncio.timeout(deadline):
        while not condition():
            await asyncio.sleep(0.005)


def collect(heard: list) -> Callable[[object], Awaitable[None]]:
    """An event handler that keeps what it is given."""

    async def handler(event: object) -> None:
        heard.append(event)

    return handler


def peer(client: TelegramClient, channel_id: int) -> types.InputPeerChannel:
    """The channel as this client knows it by now."""
    return client._mb_entity_cache.get(channel_id)._as_input_peer()


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
        defaults = {
            "connection_retries": 1,
            "retry_delay": 0,
            "request_retries": 0,
            "raise_last_call_error": True,
            "flood_sleep_threshold": 0,
        }
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


@pytest.fixture(scope="session")
def server_key() -> ServerKey:
    """One key for all servers: making one takes a while."""
    return new_key()


@pytest.fixture
async def server(world: TelegramWorld, server_key: ServerKey) -> AsyncIterator[TelegramServer]:
    """A server on a free port. A defect inside of it fails the test, whatever the client made of it."""
    server = TelegramServer(world, key=server_key)
    await server.start()
    rsa.add_key(server.public_key_pem, old=False)
    TelegramClient._config = None  # Telethon keeps the addresses of the first server it meets, for all clients
    yield server
    await server.stop()
    assert not any("INTERNAL" in errors for errors in world.counters().errors.values())


@dataclass(frozen=True)
class Pair:
    """A broadcast channel with one administrator and one reader, both logged in and aware of it."""

    channel: int
    writer: TelegramClient
    reader: TelegramClient
    writer_id: int
    reader_id: int

    def at(self, client: TelegramClient) -> types.InputPeerChannel:
        """The channel for one of the two."""
        return peer(client, self.channel)


@pytest.fixture
async def pair(world: TelegramWorld, clients: Clients) -> Pair:
    """See `Pair`."""
    writer_id, reader_id = world.create_user("+100001", "Wanda"), world.create_user("+100002", "Rita")
    channel = world.create_channel("Pair", members=[reader_id], admins=[writer_id])
    writer, reader = await clients.user("+100001"), await clients.user("+100002")
    await writer.get_dialogs()
    await reader.get_dialogs()
    return Pair(channel, writer, reader, writer_id, reader_id)


@pytest.fixture
async def clients(server: TelegramServer) -> AsyncIterator[Clients]:
    """A factory of clients, which are disconnected at the end."""
    factory = Clients(server)
    yield factory
    for client in factory.made:
        disconnected: Awaitable[None] | None = client.disconnect()
        if disconnected is not None:
            await disconnected
