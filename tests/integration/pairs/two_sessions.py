"""Two sessions in one source, each in an engine of its own as in a process of its own; the pair may go from one to the
other. A sender bot has a third engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asgiref.sync import sync_to_async
from django.db import connections

from pairs.engine import Engine
from pairs.handover.unserved import give_away
from project.core.leases import release
from project.sandbox.telegram.server import TelegramServer
from project.telegram.account import TelegramAccount
from sessions.models import TelegramSession
from tests.integration.pairs.rig import DEVICE, Rig, relaying, until, until_value
from tests.integration.sandbox.conftest_discord import LoopbackDiscord

OTHER_PHONE = "+4915187654321"
OWNER = "SELECT 'session.' || session_id FROM pairs_assignment"


class TwoSessions(Rig):
    """`session` has the pair at first, `other` could have it. `deaf`: accounts whose wake-ups get lost."""

    async def set_up(self, *, by_webhook: bool, by_bot: bool) -> None:
        """As with one session; the second one is in the source, and may post at the destination."""
        await super().set_up(by_webhook=by_webhook, by_bot=by_bot)
        self.deaf: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        second = self.world.create_user(OTHER_PHONE, "Bob")
        self.world.join(self.source, second)
        self.world.join(self.destination, second, admin=True)
        self.other = await sync_to_async(self._second_session)()

    def _second_session(self) -> str:
        try:
            session = TelegramSession.objects.create(
                name="other", phone_sealed=b"", phone_hint="", device=DEVICE, lifecycle="active"
            )
            return session.account
        finally:
            connections.close_all()

    async def start(self) -> None:
        """Every account in a process of its own."""
        for name in dict.fromkeys([self.session, self.other, self.sender]):
            await self.revive(name)
        self.engine = self._engines[self.session]
        await self._listen()

    async def revive(self, name: str) -> None:
        """A new process for an account: the next epoch of its lease; pairs wanted elsewhere are given away before it is
        connected."""
        self._starts += 1
        engine = await self._engine(name)
        holding = await self._lease(name, f"node:{self._starts}")
        await give_away(self._conn, holding)
        await engine.hold(holding, await self._connect(name, engine))

    async def kill(self, name: str, *, freed: bool = False) -> None:
        """What kill -9 leaves of one account's process; `freed`: its supervisor has given the lease back."""
        engine = self._engines.pop(name)
        engine._tasks.abandon()
        await engine._link.close()
        self._links.pop(name).close()
        await self._accounts.pop(name).disconnect()
        self._running.pop(name).cancel()
        if freed:
            await release(self._conn, engine._holdings[name])

    def process(self, name: str) -> Engine:
        """The engine of an account."""
        return self._engines[name]

    async def want(self, name: str) -> None:
        """What the service commits: the wish, and a wake-up for the present owner."""
        async with self._conn.transaction():
            owner = await self._conn.fetchval(OWNER)
            await self._conn.execute("UPDATE pairs_pair SET wanted_session_id = $1", int(name.partition(".")[2]))
            await self._conn.execute("SELECT pg_notify('relay_wake', $1)", owner)

    async def has(self, name: str) -> None:
        """Waits until the pair is a session's."""
        await until_value(self._conn, OWNER, name)

    def _hearer(self, account: str) -> Engine | None:
        return None if account in self.deaf else self._engines.get(account)

    async def _connect(self, name: str, engine: Engine) -> TelegramAccount:
        account = await super()._connect(name, engine)
        self._running[name] = self._runs[-1]
        return account

    def _phone(self, name: str) -> str:
        return OTHER_PHONE if name == self.other else super()._phone(name)

    async def all_arrived(self, texts: list[str]) -> None:
        """Waits for the last text on both sides; then nothing may be lost, doubled or out of order."""
        await self.arrived(texts[-1])
        await until(lambda: len(self.on_discord()) >= len(texts), "all texts on Discord")
        assert self.at_destination() == texts
        assert [line.splitlines()[-1] for line in self.on_discord()] == texts


@asynccontextmanager
async def two_sessions(conn: asyncpg.Connection, *, by_webhook: bool, by_bot: bool) -> AsyncIterator[TwoSessions]:
    """Both sessions and the sender run; the pair relays."""

    def make(telegram: TelegramServer, discord: LoopbackDiscord) -> TwoSessions:
        return TwoSessions(telegram, discord, conn, apart=True)

    async with relaying(make, by_webhook=by_webhook, by_bot=by_bot) as rig:
        yield rig
