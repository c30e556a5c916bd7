"""A forked worker from its first own line to its last."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import setproctitle
from celery import platforms
from celery.app import app_or_default
from celery.apps import worker as celery_worker

from project.core.config import current
from project.core.logs import configure
from workers.node.wire import Seat
from workers.worker import fence, kombu_guard
from workers.worker.bootstep import Program, ProgramStep
from workers.worker.pool import TaskPool

POLLING = 10
RESTORING = 30  # seconds between searches for unacknowledged messages, which any worker does for all
TASKS_AT_ONCE = 8


class AccountWorker(celery_worker.Worker):
    """Celery's worker for one account's queue. Logging and signals are ours; only SIGTERM means something."""

    def setup_logging(self, colorize: bool | None = None) -> bool:  # type: ignore[override]
        """Logging is set up already; Celery takes True for that."""
        return True

    def set_process_status(self, info: str) -> None:
        """Keep the title that names the account."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """SIGTERM shuts down, quietly; the supervisor decides about everything else."""
        celery_worker.install_worker_term_handler(worker, verbose=False)  # type: ignore[attr-defined]


def boot(seat: Seat) -> None:
    """What comes first: the boot limit, a name, a log."""
    fence.prepare()
    fence.arm(current().boot_limit)
    setproctitle.setproctitle(f"relay {seat.account}")
    configure(seat.account)


def serve(seat: Seat, program: Callable[[], Program]) -> int:
    """Run `program` and the Celery worker of the queue named like the account; returns the exit code."""
    app = app_or_default()
    kombu_guard.apply()
    warnings.simplefilter("ignore", platforms.SecurityWarning)  # type: ignore[attr-defined]  # root in containers
    app.steps["worker"].add(ProgramStep)
    app.conf.worker_enable_remote_control = False
    app.conf.broker_transport_options |= {"polling_interval": POLLING, "unacked_restore_interval": RESTORING}
    worker = AccountWorker(
        app=app,
        hostname=f"{seat.account}@{seat.owner}",
        queues=[seat.account],
        pool_cls=TaskPool,
        concurrency=TASKS_AT_ONCE,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
        program=program,
    )
    worker.start()
    return int(worker.exitcode or 0)
