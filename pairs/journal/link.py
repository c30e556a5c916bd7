"""The journal's use of its process's database connection: waits for a lost one, never repeats a read half-done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import asyncpg

from project.core.errors import SettingError
from project.core.link import Link
from project.core.logs import get_logger
from project.core.pg import Connection

T = TypeVar("T")
_log = get_logger(__name__)

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
# The server or the way to it is in trouble, not the statement: the same again will do later. asyncpg's InterfaceError
# also stands for arguments that cannot be encoded; `_bad_input` tells those apart.
_TROUBLE = (
    SettingError,  # no connection
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.TransactionRollbackError,  # deadlock
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, during a fail-over
    asyncpg.PostgresSystemError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class LinkClosed(Exception):
    """The process drains: nothing more is read or written."""


class JournalLink:
    """Runs statements one after the other over a process's connection, and repeats one whose connection broke.

    Only statements that are no-ops the second time may pass here; all of the journal's are. `on_repeat` is called after
    a repeated statement: its first run may have been committed without telling what it did.
    """

    def __init__(self, link: Link, *, on_repeat: Callable[[], None] = lambda: None) -> None:
        self._link = link
        self._on_repeat = on_repeat
        self._lock = asyncio.Lock()
        self._closed = False
        self.statements = 0

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """The result of `work` on a live connection. Waits out a database restart; the fence timer bounds the wait.

        Raises LinkClosed after `close`, and asyncpg's error for input that the database does not take.
        """
        async with self._lock:
            pause = 0.0
            while True:
                try:
                    result = await self._once(work)
                except _TROUBLE as error:
                    if _bad_input(error):
                        raise
                    pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, pause * 2))
                    _tell(error, pause)
                    await asyncio.sleep(pause)
                    continue
                if pause:
                    self._on_repeat()
                return result

    async def _once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """One try. Nobody else gets a connection that broke, or that was left in the middle of a transaction."""
        async with self._link.lock:
            if self._closed:
                raise LinkClosed
            connection = await self._link.open()
            self.statements += 1
            try:
                return await work(connection)
            except _TROUBLE as error:
                if not _bad_input(error):
                    self._link.close()
                raise
            except asyncio.CancelledError:
                if connection.is_in_transaction():
                    self._link.close()
                raise

    async def close(self) -> None:
        """Nothing more passes; the statement under way gets a second. The connection stays its owner's."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(1), self._lock:
                return


def _tell(error: BaseException, again_in: float) -> None:
    if isinstance(error, asyncpg.DiskFullError):
        _log.error("the database has no room: nothing is sent until it has", again_in=again_in)
    else:
        _log.warning("journal statement not done", error=type(error).__name__, again_in=again_in)


def _bad_input(error: BaseException) -> bool:
    """asyncpg raises a ValueError for arguments that have no form in the database."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
