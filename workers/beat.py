"""Celery Beat of which any number may run: only the one that holds a PostgreSQL lock ticks."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import DatabaseError
from django_celery_beat.schedulers import DatabaseScheduler

from project.core.config import current
from project.core.errors import Conflict
from project.core.logs import get_logger
from project.core.tables import check_tables
from workers.services.pulses import BEAT, give_pulse_over

LOCK = (7461, 1)
STANDBY_LOOKS_EVERY = 1.0
PULSE_EVERY = 5.0  # seconds
AHEAD = timedelta(seconds=1)  # that a time of the past may lie in the future

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
        self._shown_at = float("-inf")
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

    def give_pulse(self) -> None:
        """Show that the leader lives, every few seconds; a lost connection is noticed at the next look."""
        if self._connection is None or time.monotonic() - self._shown_at < PULSE_EVERY:
            return
        with contextlib.suppress(psycopg.Error):
            give_pulse_over(self._connection, BEAT)
            self._shown_at = time.monotonic()

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
        """Ends the program with a sentence when it cannot begin: whoever keeps it running starts it again."""
        self._leadership = Leadership(current().database_direct_url)
        try:
            check_tables()
            super().__init__(*args, **kwargs)
        except DatabaseError as error:
            raise SystemExit(f"Beat cannot begin: PostgreSQL says: {_last_line(error)}.") from None
        except Conflict as error:
            raise SystemExit(f"Beat cannot begin. {error.for_people()}") from None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, if this process leads; seconds until the next look."""
        led = self._leadership.held
        if not self._leadership.look():
            return STANDBY_LOOKS_EVERY
        if not led:
            self._initial_read = True
            self._heap = None
        self._leadership.give_pulse()
        self._forget_the_future()
        wait: float = super().tick(*args, **kwargs)
        return min(wait, STANDBY_LOOKS_EVERY)

    def _forget_the_future(self) -> None:
        """A last run that lies ahead, by a clock that was wrong and is right now, would keep a task from running until
        that time comes: it was just now."""
        now = datetime.now(UTC)
        for entry in self.schedule.values():
            if entry.last_run_at > now + AHEAD:
                log.warning("the last run of a task lies ahead, the clock was set back", task=entry.task)
                entry.last_run_at = entry.model.last_run_at = now
                self._heap = None

    def sync(self) -> None:
        """Only the leader writes when things ran last."""
        if self._leadership.held:
            super().sync()

    def close(self) -> None:
        """Write, then let the next one lead."""
        super().close()
        self._leadership.close()


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    return lines[-1].rstrip(".") if lines else type(error).__name__
