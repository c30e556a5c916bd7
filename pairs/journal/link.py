"""The one database connection of a session worker: reconnects by itself, never silently repeats a read half-done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from project.core import arrays
from project.core.logs import get_logger

T = TypeVar("T")
_log = get_logger(__name__)

CONNECT_TIMEOUT = 5.0  # seconds
COMMAND_TIMEOUT = 10.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
# The server or the way to it is in trouble, not the statement: the same again will do later. asyncpg's InterfaceError
# also stands for arguments that cannot be encoded; `_bad_input` tells those apart.
_TROUBLE = (
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
    """Serialises statements over one connection and repeats a statement whose connection broke.

    Only statements that are no-ops the second time may pass here; all of the journal's are. `on_repeat` is called after
    a repeated statement: its first run may have been committed without telling what it did. `service` names the
    connection in pg_stat_activity.
    """

    def __init__(self, dsn: str, *, service: str, on_repeat: Callable[[], None] = lambda: None) -> None:
        self._dsn = dsn
        self._service = service
        self._on_repeat = on_repeat
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._closed = False
        self.statements = 0

    async def run(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """The result of `work` on a live connection. Waits out a database restart; the fence timer bounds the wait.

        Raises LinkClosed after `close`, and asyncpg's error for input that the database does not take.
        """
        async with self._lock:
            pause = 0.0
            while True:
                try:
                    result = await work(await self._live())
                except _TROUBLE as error:
                    if _bad_input(error):
                        raise
                    pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, pause * 2))
                    _tell(error, pause)
                    self._drop()
                    await asyncio.sleep(pause)
                    continue
                if pause:
                    self._on_repeat()
                return result

    async def _live(self) -> asyncpg.Connection:
        if self._closed:
            raise LinkClosed
        self.statements += 1
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                connection_class=arrays.Informed,
                server_settings={"application_name": f"relay {self._service}"},
            )
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    async def close(self) -> None:
        """Ends the connection for good, within two seconds: after the statement under way, when that is quick."""
        self._closed = True
        try:
            async with asyncio.timeout(1):
                async with self._lock:
                    if self._connection is not None:
                        await self._connection.close(timeout=1)
        except (TimeoutError, *_TROUBLE):
            self._drop()
        self._connection = None


def _tell(error: BaseException, again_in: float) -> None:
    if isinstance(error, asyncpg.DiskFullError):
        _log.error("the database has no room: nothing is sent until it has", again_in=again_in)
    else:
        _log.warning("journal statement not done", error=type(error).__name__, again_in=again_in)


def _bad_input(error: BaseException) -> bool:
    """asyncpg raises a ValueError for arguments that have no form in the database."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
