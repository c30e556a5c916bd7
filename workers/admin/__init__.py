"""Admin pages of workers, one module per table."""

from __future__ import annotations

from workers.admin.node import NodeAdmin
from workers.admin.placement import PlacementAdmin
from workers.admin.telegram_session import SessionConsole
from workers.admin.worker_group import WorkerGroupAdmin

__all__ = ["NodeAdmin", "PlacementAdmin", "SessionConsole", "WorkerGroupAdmin"]
