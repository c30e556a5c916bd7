"""Removing what is older than the settings say: in small transactions, for a bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction

from project.core.config import Config
from project.core.logs import get_logger

BATCH = 1000  # rows looked at by one statement
PAUSE = 0.02  # seconds between two statements: others come first
_LIMITS = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '30s'"

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Removal:
    """`statement` looks at the next `%(most)s` rows after the id `%(after)s` that are older than `%(days)s` days, and
    answers with the last id it looked at (None: no more) and how many rows it removed or emptied."""

    what: str
    statement: str
    days: int


def notice_removals(config: Config) -> list[Removal]:
    """What operators were told, but for trouble that is not over."""
    statement = """
    WITH removed AS (
        DELETE FROM core_notice WHERE id IN (
            SELECT id FROM core_notice
            WHERE created_at < clock_timestamp() - make_interval(days => %(days)s)
              AND (ended_at IS NOT NULL OR severity = 'info')
            ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT CASE WHEN count(*) = %(most)s THEN 0 END, count(*) FROM removed
    """
    return [Removal("notices", statement, config.check_days)]


def audit_removals(config: Config) -> list[Removal]:
    """The audit trail: its oldest rows, by the one function that its trigger lets through, and that writes it down."""
    statement = """
    SELECT CASE WHEN removed = %(most)s THEN 0 END, removed
    FROM (SELECT core_remove_old_audit(%(days)s, %(most)s) AS removed) r
    """
    return [Removal("audit events", statement, config.audit_days)]


def remove(
    removals: Sequence[Removal], *, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Mapping[str, int]:
    """Works through all in turns, so that none starves, until nothing is left or the time is up: how many of each.

    A statement that would have to wait for somebody's lock is left to the next run.
    """
    end = clock() + seconds
    done = {removal.what: 0 for removal in removals}
    left = [(removal, 0) for removal in removals]
    while left and clock() < end:
        (removal, after), *left = left
        reached, count = _step(removal, after)
        done[removal.what] += count
        if reached is not None:
            left.append((removal, reached))
        time.sleep(PAUSE)
    if left:
        _log.warning("old rows are left for the next run", kinds=[removal.what for removal, _ in left])
    return done


def _step(removal: Removal, after: int) -> tuple[int | None, int]:
    values: dict[str, Any] = {"after": after, "days": removal.days, "most": BATCH}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMITS)
            cursor.execute(removal.statement, values)
            row = cursor.fetchone()
    except OperationalError as error:
        _log.warning("old rows stay for now", kind=removal.what, error=str(error).splitlines()[0])
        return None, 0
    return (row[0], row[1]) if row else (None, 0)
