"""One connection to PostgreSQL that is opened when needed, and again after it broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from project.core.database import connect
from project.core.errors import SettingError
from project.core.pg import Connection

PATIENCE = 3.0

_NO_ANSWER = (
    SettingError,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class DatabaseDown(ConnectionError):
    """PostgreSQL did not answer in time, or refused for now. What was asked may or may not have happened."""


class Link:
    """A lazily opened connection for one caller at a time. Connecting and each statement end within 3 s."""

    def __init__(self, service: str, *, direct: bool = False) -> None:
        self._service = service
        self._direct = direct
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """Lend the connection. Raises DatabaseDown in place of every error that means "no answer"."""
        async with self._lock:
            try:
                yield await self._open()
            except _NO_ANSWER as error:
                self.close()
                raise DatabaseDown(f"{type(error).__name__}: {error}") from error
            except asyncio.CancelledError:
                self.close()
                raise

    def close(self) -> None:
        """Drop the connection without a good-bye."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._service, statement_limit=PATIENCE, direct=self._direct)
        return self._connection
