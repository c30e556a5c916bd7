"""The one database connection of a session worker: reconnects by itself, never silently repeats a read half-done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from project.core.logs import get_logger

T = TypeVar("T")
_log = get_logger(__name__)

CONNECT_TIMEOUT = 5.0  # seconds
COMMAND_TIMEOUT = 10.0
_RETRY = 0.2
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    OSError,
    TimeoutError,
)


class JournalLink:
    """Serialises statements over one connection and repeats a statement whose connection broke.

    Only statements that are no-ops the second time may pass here; all of the journal's are.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()

    async def run(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """The result of `work` on a live connection. Waits out a database restart; the fence timer bounds the wait."""
        async with self._lock:
            while True:
                try:
                    return await work(await self._live())
                except (asyncpg.DeadlockDetectedError, asyncpg.AdminShutdownError, *LOST) as error:
                    _log.warning("journal connection lost", error=type(error).__name__)
                    self._drop()
                    await asyncio.sleep(_RETRY)

    async def _live(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn, timeout=CONNECT_TIMEOUT, command_timeout=COMMAND_TIMEOUT
            )
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    async def close(self) -> None:
        """Ends the connection, within a second."""
        if self._connection is not None and not self._connection.is_closed():
            try:
                await self._connection.close(timeout=1)
            except (TimeoutError, *LOST):
                self._drop()
        self._connection = None
