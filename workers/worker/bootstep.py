"""The step of Celery's worker that owns the session: its leases, connections, lanes, on the pool's loop.

It belongs to the worker's blueprint, not the consumer's: consumer steps start anew with every reconnect to the
broker (celery#3944).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Protocol

from celery import bootsteps
from celery.signals import worker_shutting_down

from project.core.logs import get_logger
from workers.node.child import CRASHED

START_LIMIT = 5.0
DRAIN_LIMIT = 9.5
GRACE = 0.5

log = get_logger(__name__)


class Program(Protocol):
    """What runs on the loop for as long as the process lives."""

    async def run(self) -> None:
        """Work until `stop` was called, then drain and return."""

    def stop(self) -> None:
        """Begin to drain. On the loop."""


class ProgramStep(bootsteps.StartStopStep):
    """Starts the program once the loop runs; drains it as soon as the shutdown signal arrives.

    Waiting for the step's own turn to stop would mean to wait for the broker first: 15 s when it hangs.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, program: Callable[[], Program], **options: Any) -> None:
        super().__init__(worker, **options)
        self._make = program

    def start(self, worker: Any) -> None:
        """Celery calls this after the pool's loop is up."""
        self._loop: asyncio.AbstractEventLoop = worker.pool.loop
        self._program: Program = worker.pool.submit(self._create()).result(START_LIMIT)
        self._running: Future[None] = worker.pool.submit(self._run())
        worker_shutting_down.connect(self._begin_drain, weak=False)

    def stop(self, worker: Any) -> None:
        """Wait until the program is drained, at most 9 s."""
        self._begin_drain()
        self._running.result(DRAIN_LIMIT)

    def terminate(self, worker: Any) -> None:
        """The same: an account's lanes are drained in any case."""
        self.stop(worker)

    def _begin_drain(self, **_: Any) -> None:
        self._loop.call_soon_threadsafe(self._program.stop)

    async def _create(self) -> Program:
        return self._make()

    async def _run(self) -> None:
        await _or_crash(self._program.run())
        # Closing the channel waits for the broker's answer to a pending BRPOP: 10 s, or for ever when it hangs.
        exit_anyway = threading.Timer(GRACE, os._exit, (0,))
        exit_anyway.daemon = True
        exit_anyway.start()


async def _or_crash(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # a program that broke must not look alive: its restart is the supervisor's business
        log.exception("the worker's program broke")
        os._exit(CRASHED)
