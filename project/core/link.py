"""One connection to PostgreSQL that is opened when needed, and again after it broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from project.core.database import connect
from project.core.errors import SettingError
from project.core.pg import Connection

PATIENCE = 3.0  # seconds
LONG_PATIENCE = 10.0  # for statements over many rows

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
    """A lazily opened connection for one caller at a time. Connecting ends in 3 s, each statement in `patience`.

    Several may share it: nobody keeps it while a platform is asked. `url` is another way to the database than the
    setting's.
    """

    def __init__(self, service: str, *, direct: bool = False, patience: float = PATIENCE, url: str = "") -> None:
        self._service = service
        self._direct = direct
        self._patience = patience
        self._url = url
        self.lock = asyncio.Lock()
        self._connection: Connection | None = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """Lend the connection. Raises DatabaseDown in place of every error that means "no answer"."""
        async with self.lock:
            try:
                yield await self.open()
            except _NO_ANSWER as error:
                self.close()
                raise DatabaseDown(f"{type(error).__name__}: {error}") from error
            except asyncio.CancelledError:
                self.close()
                raise

    async def open(self) -> Connection:
        """The connection, for whoever holds `lock`. Raises SettingError when there is none to be had."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(
                self._service, statement_limit=self._patience, direct=self._direct, url=self._url
            )
        return self._connection

    def close(self) -> None:
        """Drop the connection without a good-bye."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
