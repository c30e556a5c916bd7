"""An account that connects while its process drains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from pairs.journal.link import LinkClosed
from project.core.leases import Acquired, Holding
from project.core.link import Link
from workers.worker.custody import Custody
from workers.worker.leases import Keeper
from workers.worker.ports import Doors

HOLDING = Holding("session.1", "node:1", 1)


class Free:
    """A lease that is to be had, and a database that answers."""

    async def acquire(self, account: str) -> Acquired:
        return Acquired(HOLDING, 0.0)

    @asynccontextmanager
    async def use(self) -> AsyncIterator[None]:
        yield None


class Draining:
    """A logged-in account, and an engine whose journal was closed while the account connected."""

    state, runnable, open_login = b"", True, False

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.closed = False

    async def give_away(self, *_: Any) -> None:
        """Nothing."""

    async def check_asked(self, *_: Any) -> str:
        return ""

    async def load(self, *_: Any) -> Draining:
        return self

    async def engine(self, *_: Any) -> Draining:
        return self

    def on_update(self, account: str) -> None:
        """Nothing."""

    def account(self, *_: Any) -> Draining:
        return self

    async def connect(self) -> None:
        """At once."""

    async def hold(self, *_: Any) -> None:
        self.asked.set()
        raise LinkClosed

    async def drop(self, account: str) -> None:
        """Nothing."""

    async def disconnect(self) -> None:
        self.closed = True


async def test_it_ends_quietly_and_closes_its_connection() -> None:
    doors, free = Draining(), Free()
    custody = Custody("session.1", keeper=cast(Keeper, free), link=cast(Link, free), doors=cast(Doors, doors))
    running = asyncio.create_task(custody.run())
    await doors.asked.wait()
    custody.stop()
    async with asyncio.timeout(10):
        await running
    assert doors.closed
