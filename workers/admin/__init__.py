"""Admin pages of workers, one module per table."""

from __future__ import annotations

from workers.admin.node import NodeAdmin
from workers.admin.placement import PlacementAdmin
from workers.admin.pulse import PulseAdmin
from workers.admin.schedule import IntervalScheduleAdmin, PeriodicTaskAdmin
from workers.admin.telegram_session import SessionConsole
from workers.admin.worker_group import WorkerGroupAdmin

__all__ = [
    "IntervalScheduleAdmin",
    "NodeAdmin",
    "PeriodicTaskAdmin",
    "PlacementAdmin",
    "PulseAdmin",
    "SessionConsole",
    "WorkerGroupAdmin",
]
