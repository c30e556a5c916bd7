"""A connection to PostgreSQL that is bounded in time and told about in a sentence when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from project.core.config import Config
from project.failures import database_unreachable

_SECONDS = 5


@contextmanager
def connect(config: Config) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """In autocommit. Raises SettingError when it cannot be had, psycopg.Error when a statement fails."""
    try:
        made = psycopg.connect(config.database_url, autocommit=True, connect_timeout=_SECONDS)
    except psycopg.OperationalError as error:
        raise database_unreachable(error) from None
    with made as conn:
        conn.execute(f"SET statement_timeout = '{_SECONDS}s'")
        yield conn
