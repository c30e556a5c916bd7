"""A loopback Telegram, and accounts of ours that talk to it over TCP."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from project.core.errors import AccountDead
from project.core.message import Node, RichText, Style
from project.core.secret import Secret
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.world import TelegramWorld
from project.telegram.account import App, DeviceProfile, Endpoint, TelegramAccount
from project.telegram.updates import Gap, Posted, Update

APP = App(12345, Secret("0123456789abcdef0123456789abcdef"), DeviceProfile("Relay test", "Linux", "1.0"))
PHONE = "+4915112345678"
WAIT = 15.0  # seconds any test waits for something to become true


def words(text: str) -> RichText:
    return (Node(Style.TEXT, text),)


async def until(true: Callable[[], Any], limit: float = WAIT) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(limit):
        while not true():  # noqa: ASYNC110
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

    async def user(self, user_id: int | None = None, phone: str = PHONE) -> Probe:
        """A logged-in, running user."""
        if user_id is None:
            self.world.create_user(phone, "Anna Reader")
        probe = self.probe()
        await probe.account.connect()
        sent = await probe.account.send_code(phone)
        await probe.account.sign_in(phone, sent.phone_code_hash, Secret(self.world.login_code(phone)))
        probe.run()
        return probe

    async def bot(self) -> Probe:
        """A logged-in, running bot."""
        created = self.world.create_bot("Relay bot")
        probe = self.probe(name="sender.1")
        await probe.account.connect()
        await probe.account.import_bot(Secret(created.token))
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
