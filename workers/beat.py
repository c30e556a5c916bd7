"""Celery Beat of which any number may run: only the one that holds a PostgreSQL lock ticks."""

from __future__ import annotations

from typing import Any

import psycopg
from django_celery_beat.schedulers import DatabaseScheduler

from project.core.config import current
from project.core.logs import get_logger

LOCK = (7461, 1)
STANDBY_LOOKS_EVERY = 1.0

KEEPALIVE: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

log = get_logger(__name__)


class Leadership:
    """A lock that lives as long as its own connection, past any pooler."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[Any] | None = None
        self.held = False

    def look(self) -> bool:
        """Whether this process leads now. Asks the server each time: a connection may be dead without a word."""
        before = self.held
        try:
            self.held = self._ask()
        except psycopg.Error:
            self.close()
        if before != self.held:
            log.info("beat leads" if self.held else "beat stands by")
        return self.held

    def close(self) -> None:
        """Let the next one lead."""
        self.held = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self) -> bool:
        if self._connection is None:
            self._connection = psycopg.connect(self._dsn, autocommit=True, **KEEPALIVE)
            self.held = False
        if self.held:
            self._connection.execute("SELECT 1")
            return True
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK).fetchone()
        return bool(row and row[0])


class LeaderScheduler(DatabaseScheduler):  # type: ignore[misc]
    """django-celery-beat's scheduler behind that lock. A new leader reads the schedule anew, so that it neither
    repeats what the old one did nor waits for a change to notice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._leadership = Leadership(current().database_direct_url)
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, if this process leads; seconds until the next look."""
        led = self._leadership.held
        if not self._leadership.look():
            return STANDBY_LOOKS_EVERY
        if not led:
            self._initial_read = True
            self._heap = None
        wait: float = super().tick(*args, **kwargs)
        return min(wait, STANDBY_LOOKS_EVERY)

    def sync(self) -> None:
        """Only the leader writes when things ran last."""
        if self._leadership.held:
            super().sync()

    def close(self) -> None:
        """Write, then let the next one lead."""
        super().close()
        self._leadership.close()
