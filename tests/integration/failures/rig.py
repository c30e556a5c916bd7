"""The rig of the pairs' tests with more to hurt: the way to the database, single moments of a send, the call counts."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from project.core.config import current
from project.core.dsn import parse_database_url
from project.sandbox.discord.limits import Limits
from project.sandbox.telegram.server import TelegramServer
from tests.integration.pairs.rig import Rig, relaying, until, until_value
from tests.integration.sandbox.conftest_discord import LoopbackDiscord

BOT = "POST /channels/{id}/messages"
WEBHOOK = "POST /webhooks/{id}/{token}"
SEND = "messages.sendMessage"


class FailureRig(Rig):
    """One that is hurt."""

    async def once(self, texts: list[str], chat: int = 0) -> None:
        """Waits until the texts stand at the destination and on Discord: all, once, in order."""
        await until(lambda: texts[-1] in self.at_destination(chat), f"{texts[-1]!r} at the destination")
        await until(lambda: len(self.on_discord()) >= len(texts), "as many posts on Discord")
        assert self.at_destination(chat) == texts
        assert self.said() == texts

    def said(self) -> list[str]:
        """What stands on Discord, without the line that names the author."""
        return [line.splitlines()[-1] for line in self.on_discord()]

    def calls(self, method: str) -> int:
        """How often either platform was asked."""
        views = (self.world.counters(), self.discord.world.counters())
        return sum(Counter(counts)[method] for view in views for counts in view.calls.values())

    async def error(self, pair: int = 0) -> str:
        """Waits until a pair stopped with an error; the reason."""
        query = f"SELECT status FROM pairs_pair WHERE id = {pair or self.pair}"
        await until_value(self._conn, query, "error")
        return str(await self._conn.fetchval(query.replace("status", "status_reason", 1)))

    async def keeps(self, rows: int, *, hop: int) -> None:
        """Waits until so many rows of the pair's hop are kept, not settled."""
        query = (
            "SELECT count(*) FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id"
            f" WHERE e.pair_id = {self.pair} AND d.hop = {hop} AND d.state IN ('waiting', 'sending')"
        )
        await until_value(self._conn, query, rows)

    async def resume(self, pair: int = 0) -> None:
        """An operator takes the pair out of its error."""
        await self._conn.execute("UPDATE pairs_pair SET status = 'active' WHERE id = $1", pair or self.pair)
        self.engine.wake()


@asynccontextmanager
async def failing(
    conn: asyncpg.Connection,
    *,
    by_webhook: bool = True,
    by_bot: bool = True,
    dsn: str = "",
    discord_limits: Limits | str = "off",
    file_limit: int = 10 * 2**20,
) -> AsyncIterator[FailureRig]:
    """A rig that relays."""

    def make(telegram: TelegramServer, discord: LoopbackDiscord) -> FailureRig:
        rig = FailureRig(telegram, discord, conn)
        rig.dsn, rig.file_limit = dsn, file_limit
        return rig

    async with relaying(make, by_webhook=by_webhook, by_bot=by_bot, discord_limits=discord_limits) as rig:
        yield rig
        assert dict(rig.world.counters().unknown_methods) == {}
        assert rig.world.counters().concurrent_owners <= 1


class Held:
    """Stops the first call of a method for good, until the process dies: `reached` tells that it came so far."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        self.reached = asyncio.Event()
        self._patch = patch
        self._owner, self._name = owner, name
        self._real = getattr(owner, name)

    def __enter__(self) -> Held:
        async def hold(*arguments: Any, **named: Any) -> Any:
            self.reached.set()
            await asyncio.Event().wait()

        self._patch.setattr(self._owner, self._name, hold)
        return self

    def __exit__(self, *error: object) -> None:
        self._patch.setattr(self._owner, self._name, self._real)


class DatabaseDoor:
    """A way to the test database that can be shut: `dsn` leads through it."""

    def __init__(self, directory: Path, port: str) -> None:
        self._place = directory / f".s.PGSQL.{port}"
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        address = parse_database_url(current().database_url)
        self._real = f"{address.host}/.s.PGSQL.{port}"
        self.dsn = current().database_url.replace(address.host, str(directory))

    async def open(self) -> None:
        """Connections pass."""
        self._place.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._pass, str(self._place))

    async def shut(self) -> None:
        """Connections end, and new ones are refused."""
        assert self._server is not None
        self._server.close()
        self._place.unlink(missing_ok=True)
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_unix_connection(self._real)
        self._writers |= {writer, there}
        await asyncio.gather(_pipe(reader, there), _pipe(there_reader, writer))
        self._writers -= {writer, there}


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@asynccontextmanager
async def database_door() -> AsyncIterator[DatabaseDoor]:
    """An open door."""
    address = parse_database_url(current().database_url)
    with tempfile.TemporaryDirectory() as directory:
        door = DatabaseDoor(Path(directory), address.port or "5432")
        await door.open()
        try:
            yield door
        finally:
            await door.shut()
