"""The schedule rows of this room: made once, from then on the operator's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django_celery_beat.models import IntervalSchedule, PeriodicTask

from project.core.config import current

QUEUE = "control"
TASKS = "workers."
CHECK_SESSIONS = "workers.check_sessions"
CHECK_WORKERS = "workers.check_workers"
REMOVE_OLD_ROWS = "workers.remove_old_rows"
REMOVE_EVERY = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Planned:
    """How a task stands in the schedule: the row's name, "" without one. `every`: None when it has no fixed pace."""

    row: str = ""
    enabled: bool = False
    every: timedelta | None = None


def seed(**_: Any) -> None:
    """Create the rows that are missing, with the intervals of the settings. Existing rows are not touched."""
    config = current()
    _row("Check sessions", CHECK_SESSIONS, config.session_health_interval)
    _row("Check workers", CHECK_WORKERS, config.worker_health_interval)
    _row("Remove old rows", REMOVE_OLD_ROWS, REMOVE_EVERY)


def planned(task: str) -> Planned:
    """How Beat sends this task."""
    return all_planned().get(task, Planned())


def all_planned() -> dict[str, Planned]:
    """By task the row by which Beat sends it: of several the one that is switched on and runs most often."""
    found: dict[str, Planned] = {}
    for row in PeriodicTask.objects.filter(task__startswith=TASKS).select_related("interval"):
        here = Planned(row.name, row.enabled, _every(row))
        found[row.task] = min(found.get(row.task, here), here, key=_rank)
    return found


def _rank(one: Planned) -> tuple[bool, timedelta]:
    return not one.enabled, one.every or timedelta.max


def _every(row: PeriodicTask) -> timedelta | None:
    pace: IntervalSchedule | None = row.interval
    return None if pace is None else timedelta(**{pace.period: pace.every})


def _row(name: str, task: str, seconds: int) -> None:
    """Without `expires`: Beat would send a moment of its own clock, which a worker holds against another one. A run
    that waited too long is dropped by the task itself (`workers.services.pulses`)."""
    if PeriodicTask.objects.filter(name=name).exists():
        return
    every, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.get_or_create(name=name, defaults={"task": task, "interval": every, "queue": QUEUE})
