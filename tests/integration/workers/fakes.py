"""Stand-ins for the rooms below the workers: a Telegram that counts who is connected, an engine without lanes.

`Peer` lives in the test; the doors live in the forked workers and reach it over TCP.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pairs.handover.unserved import give_away
from project.core.errors import AccountDead, Unreachable
from project.core.leases import Holding

TICK = 0.02


@dataclass
class Visit:
    """One connection of an account, as the peer saw it."""

    account: str
    owner: str
    pid: int
    epoch: int
    ticks: int = 0
    open: bool = True
    writer: asyncio.StreamWriter | None = None


@dataclass
class Peer:
    """Records every connection. `overlaps` counts connections that met another one of the same account."""

    visits: list[Visit] = field(default_factory=list)
    overlaps: int = 0
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        assert self._server is not None
        for visit in self.live():
            if visit.writer:
                visit.writer.close()
        self._server.close()
        await asyncio.sleep(0)

    def live(self, account: str = "") -> list[Visit]:
        return [visit for visit in self.visits if visit.open and account in ("", visit.account)]

    def of(self, account: str) -> list[Visit]:
        return [visit for visit in self.visits if visit.account == account]

    def kill_key(self, account: str, code: str) -> None:
        """Tell the account that it is dead."""
        for visit in self.live(account):
            assert visit.writer is not None
            visit.writer.write(json.dumps({"dead": code}).encode() + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = json.loads(await reader.readline())
        self.overlaps += bool(self.live(hello["account"]))
        visit = Visit(**hello, writer=writer)
        self.visits.append(visit)
        try:
            while await reader.readline():
                visit.ticks += 1
        except ConnectionError:
            pass
        finally:
            visit.open = False
            writer.close()


@dataclass(frozen=True)
class FakeRecord:
    state: bytes | None
    runnable: bool
    open_login: bool
    new_login: bytes | None = None
    way: object = None


class FakeAccount:
    """Connects to the peer and ticks; says hello with what it knows of its lease."""

    def __init__(self, name: str, doors: FakeDoors) -> None:
        self._name = name
        self._doors = doors
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader | None = None

    async def connect(self) -> None:
        try:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._doors.port)
        except OSError as error:
            raise Unreachable(str(error)) from error
        hard = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
        hello = {"account": self._name, "owner": self._doors.owner, "pid": os.getpid(), "epoch": 0}
        self._writer.write(json.dumps(hello).encode() + b"\n")

    async def disconnect(self) -> None:
        if self._writer is not None:
            self._writer.close()

    @property
    def connected(self) -> bool:
        return self._writer is not None and not self._writer.is_closing()

    async def datacenter_answers(self) -> bool:
        return False

    async def run(self) -> None:
        assert self._reader is not None
        ticking = asyncio.create_task(self._tick())
        try:
            if line := await self._reader.readline():
                raise AccountDead("The platform ended this account.", code=json.loads(line)["dead"])
            raise Unreachable("connection lost")
        except ConnectionError as error:
            raise Unreachable("connection lost") from error
        finally:
            ticking.cancel()

    async def _tick(self) -> None:
        assert self._writer is not None
        while True:
            self._writer.write(b".\n")
            await asyncio.sleep(TICK)

    def snapshot(self) -> bytes:
        return b"state"

    proxied = False
    answered_ago = float("inf")
    clock_skew = 0.0

    async def me(self) -> str:
        return self._name

    def seen(self, chat_ids: Any, *, within: float) -> dict[int, str]:
        return {}

    async def look(self, chat_ids: Any) -> dict[int, Any]:
        return {}

    async def freeze(self) -> None:
        return None


@dataclass(frozen=True)
class FakeCounters:
    number: int = 1
    pairs: int = 2
    sent: int = 3
    unsynced: int = 0
    restarts: int = 0
    resting: bool = False


class FakeEngine:
    restarts = 0

    def restart_group(self, number: int) -> None:
        self.restarts += 1

    async def hold(self, holding: Holding, account: Any) -> None:
        """No lanes."""

    async def drop(self, account: str) -> None:
        """No lanes."""

    def on_update(self, account: str) -> Callable[[Any], None]:
        return lambda update: None

    def hear(self, news: str) -> None:
        pass

    def wake(self) -> None:
        """Nothing to do."""

    async def drain(self) -> None:
        """Nothing to do."""

    def counters(self) -> list[FakeCounters]:
        return [FakeCounters(restarts=self.restarts)]


class FakeDoors:
    def __init__(self, owner: str, port: int) -> None:
        self.owner = owner
        self.port = port
        self.opened: FakeEngine | None = None

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def engine(self, _link: Any) -> FakeEngine:
        self.opened = self.opened or FakeEngine()
        return self.opened

    async def load(self, conn: Any, account: str) -> FakeRecord:
        kind, _, number = account.partition(".")
        if kind == "sender":
            return FakeRecord(b"state", runnable=True, open_login=False)
        row = await conn.fetchrow(
            "SELECT lifecycle, health FROM tg_sessions_telegramsession WHERE id = $1", int(number)
        )
        return FakeRecord(b"state", runnable=row["lifecycle"] == "active", open_login=False)

    async def save(self, conn: Any, holding: Holding, state: bytes) -> None:
        """Nothing is stored."""

    async def give_away(self, conn: Any, holding: Holding) -> None:
        await give_away(conn, holding)

    async def sources(self, conn: Any, account: str) -> list[int]:
        return []

    async def check_asked(self, conn: Any, account: str) -> str:
        return ""

    async def answer(self, link: Any, holding: Holding, account: Any) -> None:
        """Nobody asks anything here."""

    async def log_in(self, link: Any, holding: Holding, account: Any) -> bool:
        return False

    def account(self, name: str, record: Any, state: Any, on_update: Any, on_state: Any) -> FakeAccount:
        return FakeAccount(name, self)
