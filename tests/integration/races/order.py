"""Forcing an order: one side holds a lock until the other one is seen waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def until_waiting(watch: asyncpg.Connection, count: int = 1) -> None:
    """Until so many backends of this database wait for a lock."""
    async with asyncio.timeout(10):
        while await watch.fetchval(_WAITING) < count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def open_transaction(conn: asyncpg.Connection) -> AsyncIterator[None]:
    """A transaction that is under way; it is committed at the end, or rolled back by an error."""
    transaction = conn.transaction()
    await transaction.start()
    try:
        yield
    except BaseException:
        await transaction.rollback()
        raise
    await transaction.commit()
