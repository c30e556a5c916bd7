"""A loopback Telegram, and accounts of ours that talk to it over TCP."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from telethon.crypto import AuthKey as ClientKey

from project.core.errors import AccountDead
from project.core.message import Node, RichText, Style
from project.core.secret import Secret
from project.sandbox.telegram import server as telegram_server
from project.sandbox.telegram.keys import AuthKey as ServerKey
from project.sandbox.telegram.rsakey import ServerKey as RsaKey
from project.sandbox.telegram.rsakey import new_key
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.world import TelegramWorld
from project.telegram.account import App, DeviceProfile, Endpoint, TelegramAccount
from project.telegram.session import MemorySession, State
from project.telegram.updates import Gap, Posted, Update

APP = App(12345, Secret("0123456789abcdef0123456789abcdef"), DeviceProfile("Relay test", "Linux", "1.0"))
PHONE = "+4915112345678"
WAIT = 15.0  # seconds any test waits for something to become true


def words(text: str) -> RichText:
    return (Node(Style.TEXT, text),)


async def until(true: Callable[[], Any], limit: float = WAIT) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(limit):
        while not true():
            await asyncio.sleep(0.01)


class Probe:
    """An account of ours with everything it told us."""

    def __init__(self, endpoint: Endpoint, state: bytes | None = None, name: str = "session.1", **more: Any) -> None:
        self.updates: list[Update] = []
        self.saves = 0
        self.account = TelegramAccount(
            name=name,
            app=APP,
            endpoint=endpoint,
            state=state,
            on_update=self.updates.append,
            on_state=self._saved,
            **more,
        )
        self.running: asyncio.Task[None] | None = None

    def _saved(self) -> None:
        self.saves += 1

    def run(self) -> asyncio.Task[None]:
        self.running = asyncio.create_task(self.account.run())
        return self.running

    @property
    def posted(self) -> list[int]:
        return [u.message.message_id for u in self.updates if isinstance(u, Posted)]

    def gaps(self, scope: str | None = None) -> int:
        return self.updates.count(Gap(scope))

    async def close(self) -> None:
        await self.account.disconnect()
        if self.running is not None:
            await asyncio.wait({self.running}, timeout=5)
            assert self.running.done()
            if not self.running.cancelled() and (error := self.running.exception()) is not None:
                assert isinstance(error, AccountDead)


class Telegram:
    """The loopback Telegram with shortcuts for tests."""

    def __init__(self, world: TelegramWorld, server: TelegramServer) -> None:
        self.world, self.server = world, server
        self.probes: list[Probe] = []

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(2, self.server.host, self.server.port, self.server.public_key_pem)

    def probe(self, state: bytes | None = None, **more: Any) -> Probe:
        self.probes.append(Probe(self.endpoint, state, **more))
        return self.probes[-1]

    async def user(self) -> Probe:
        """A logged-in, running user."""
        return await self._running(self.world.create_user(PHONE, "Anna Reader"), name="session.1", is_bot=False)

    async def bot(self) -> Probe:
        """A logged-in, running bot."""
        return await self._running(self.world.create_bot("Relay bot").user_id, name="sender.1", is_bot=True)

    async def _running(self, user_id: int, *, name: str, is_bot: bool) -> Probe:
        """As after a restart: the login was made earlier (its key exchange would take most of a test's time)."""
        secret = secrets.token_bytes(256)
        known = self.world.state.keys
        known.add(ServerKey(ClientKey(secret).key_id, secret))
        known.log_in(next(key for key in known if key.secret == secret), user_id)
        state = State(dc_id=2, host="", port=0, auth_key=secret, user_id=user_id, is_bot=is_bot)
        probe = self.probe(MemorySession(state).snapshot(), name=name)
        await probe.account.connect()
        probe.run()
        return probe

    async def id_of(self, probe: Probe) -> int:
        return (await probe.account.me()).user_id

    async def channel(self, probe: Probe, *, title: str = "News", admin: bool = True, megagroup: bool = False) -> int:
        """A channel that the account knows and belongs to."""
        channel_id = self.world.create_channel(title, megagroup=megagroup)
        self.world.join(channel_id, await self.id_of(probe), admin=admin)
        assert (await probe.account.chat(channel_id)).chat_id == channel_id
        return channel_id

    def rules(self, **changes: Any) -> None:
        self.world.configure(dataclasses.replace(self.world.state.settings, **changes))

    def texts(self, channel_id: int) -> list[str]:
        return [m.text for m in self.world.messages(channel_id) if not m.deleted]


@pytest.fixture(scope="session")
def server_key() -> RsaKey:
    """One RSA key for all servers: making one takes longer than most tests."""
    return new_key()


@pytest.fixture(autouse=True)
def _same_server_key(server_key: RsaKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_server, "new_key", lambda: server_key)


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    world = TelegramWorld()
    server = TelegramServer(world)
    await server.start()
    rig = Telegram(world, server)
    try:
        yield rig
        assert dict(world.counters().unknown_methods) == {}
        assert world.counters().concurrent_owners <= 1
    finally:
        for probe in rig.probes:
            await probe.close()
        await server.stop()
