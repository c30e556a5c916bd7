"""Whether the periodic checks are made, and what stands still when they are not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

SHARE = 1.75  # of an interval, after which a run is missed: before two are over
SILENT = timedelta(seconds=60)
SOONEST = timedelta(seconds=15)  # signs of life come every 5 s
NO_TASKS = "control takes no tasks from its queue"
SKEW = 5.0  # seconds by which clocks may differ


@dataclass(frozen=True, slots=True)
class Work:
    """A task that Beat is to send. `what` it makes is for people; `every` is None without a fixed pace;
    `ran_ago`: since control ran it last, None: never."""

    what: str
    row: str
    enabled: bool
    every: timedelta | None
    ran_ago: timedelta | None


@dataclass(frozen=True, slots=True)
class Signs:
    """Since when control and Beat gave no sign of life (None: they never did), and what the broker answered: "" when it
    takes commands, None when it was not asked."""

    control_ago: timedelta | None
    beat_ago: timedelta | None
    broker: str | None = None


@dataclass(frozen=True, slots=True)
class Standstill:
    """`what` is not done, and `why`, for people. `since`: how long ago it was done last, None: never."""

    what: str
    why: str
    since: timedelta | None


def is_overdue(work: Work, watched: timedelta, timeout: timedelta) -> bool:
    """Whether a run is missing. What was missed before the `watched` time does not count."""
    passed = watched if work.ran_ago is None else min(watched, work.ran_ago)
    return passed > SHARE * min(work.every or timeout, timeout)


def find_standstill(work: Work, signs: Signs, *, watched: timedelta, timeout: timedelta) -> Standstill | None:
    """What keeps this work from being done. A row that cannot keep up with `timeout` (SESSION_TIMEOUT) is told before
    anything is missed."""
    if work.row and work.enabled and work.every is not None and work.every > timeout:
        pace = f"every {_length(work.every)}, more slowly than SESSION_TIMEOUT ({_length(timeout)})"
        return Standstill(work.what, f"{_row(work)} runs {pace}", work.ran_ago)
    if not is_overdue(work, watched, timeout):
        return None
    return Standstill(work.what, _why(work, signs), work.ran_ago)


def is_silent(ago: timedelta | None, every: timedelta | None) -> bool:
    """Whether something that gives signs of life all the time has stopped; sooner, where checks are made often."""
    return ago is None or ago > max(SOONEST, min(SILENT, every or SILENT))


def _why(work: Work, signs: Signs) -> str:
    if not work.row:
        return "its row in the schedule is gone"
    if not work.enabled:
        return f"{_row(work)} is switched off"
    if is_silent(signs.control_ago, work.every):
        return "control does not run"
    if signs.broker:
        return f"the broker (Redis) takes no commands: {signs.broker}"
    if is_silent(signs.beat_ago, work.every):
        return "Beat does not run"
    return NO_TASKS


def todo(standstills: Sequence[Standstill]) -> str:
    """The one thing to do next."""
    reasons = " ".join(one.why for one in standstills)
    if "row" in reasons:
        return "Mend the row on the admin site, under Periodic tasks."
    if "Redis" in reasons:
        return "See Redis and its log."
    return "Start that service again (`python manage.py up` runs everything) and see its log."


def _row(work: Work) -> str:
    return f'its row "{work.row}" in the schedule'


def _length(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for name, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds % size == 0 and seconds:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
