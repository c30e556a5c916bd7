"""The schedule rows of this room: made once, from then on the operator's."""

from __future__ import annotations

from typing import Any

from django_celery_beat.models import IntervalSchedule, PeriodicTask

from project.core.config import current

QUEUE = "control"
SHARE_OF_INTERVAL = 0.8
REMOVE_EVERY = 3600  # seconds


def seed(**_: Any) -> None:
    """Create the rows that are missing, with the intervals of the settings. Existing rows are not touched."""
    config = current()
    _row("Check sessions", "workers.check_sessions", config.session_health_interval)
    _row("Check workers", "workers.check_workers", config.worker_health_interval)
    _row("Remove old rows", "workers.remove_old_rows", REMOVE_EVERY)


def _row(name: str, task: str, seconds: int) -> None:
    """A run that could not start before the next one is due is dropped."""
    if PeriodicTask.objects.filter(name=name).exists():
        return
    every, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.get_or_create(
        name=name,
        defaults={
            "task": task,
            "interval": every,
            "queue": QUEUE,
            "expire_seconds": int(seconds * SHARE_OF_INTERVAL),
        },
    )
