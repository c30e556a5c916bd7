"""Connections to PostgreSQL for code on an event loop (the ORM is for synchronous code)."""

from __future__ import annotations

import asyncpg

from project.core import arrays
from project.core.config import current
from project.core.errors import SettingError
from project.core.pg import Connection

CONNECT_LIMIT = 3.0  # seconds
_SERVER_GONE = "10s"  # how long the server keeps unanswered data before it drops the connection


async def connect(service: str, *, statement_limit: float = 10.0, direct: bool = False, url: str = "") -> Connection:
    """A connection of its own for `service`. `statement_limit` (seconds) bounds each statement on both sides.

    `direct` goes past a pooler: for LISTEN and for locks that belong to the connection; `url` takes the place of both
    settings. Raises SettingError naming the setting when the database cannot be reached.
    """
    config = current()
    setting, known = (
        ("DATABASE_DIRECT_URL", config.database_direct_url) if direct else ("DATABASE_URL", config.database_url)
    )
    try:
        return await asyncpg.connect(
            url or known,
            timeout=CONNECT_LIMIT,
            command_timeout=statement_limit,
            connection_class=arrays.Informed,
            server_settings={
                "application_name": f"relay {service}",
                "statement_timeout": f"{int(statement_limit * 1000)}ms",
                "idle_in_transaction_session_timeout": "30s",
                "tcp_user_timeout": _SERVER_GONE,
            },
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SettingError(setting, f"PostgreSQL cannot be reached: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    """What the system or the server said; neither ever repeats the password."""
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_LIMIT:g} seconds"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
