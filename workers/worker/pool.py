"""A Celery pool that runs every `async def` task on one asyncio loop in this process.

Celery's own thread stays the only one that talks to the broker: what a task reports (accepted, done) travels back
to it over a pipe, so a Redis that hangs never stops the loop. Plain `def` tasks run one at a time in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import uvloop
from billiard.einfo import ExceptionInfo
from celery.concurrency.base import BasePool
from kombu.serialization import loads, prepare_accept_content

TIME_LIMIT = 100.0
STOP_LIMIT = 5.0

Call = tuple[str, str, dict[str, Any], Any, str, str]


class TaskPool(BasePool):
    """One loop, in a thread of its own. `loop` is there from `start()` on."""

    signal_safe = False
    body_can_be_buffer = True
    task_join_will_block = False

    loop: asyncio.AbstractEventLoop

    def on_start(self) -> None:
        """Start the loop and wait until it runs."""
        self.loop = uvloop.new_event_loop()
        self._jobs: set[asyncio.Task[None]] = set()
        self._reports: deque[Callable[[], object]] = deque()
        self._bell, self._ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="sync-task")
        self._accept = prepare_accept_content(self.app.conf.accept_content)
        running = threading.Event()
        self.loop.call_soon(running.set)
        self._thread = threading.Thread(target=self._run_loop, name="loop", daemon=True)
        self._thread.start()
        running.wait()

    def register_with_event_loop(self, hub: Any) -> None:
        """Let Celery's thread hear about finished tasks. Called anew after every broker reconnect."""
        hub.add_reader(self._bell, self._deliver_reports)

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run `work` on the loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def on_apply(
        self,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
        callback: Callable[[Any], object] | None = None,
        accept_callback: Callable[[int, float], object] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> None:
        """Celery's entry: start one task. Its limit is its own `time_limit`, else 100 s (below visibility)."""
        job = self._job(target, args, callback, accept_callback, timeout or TIME_LIMIT)
        self.loop.call_soon_threadsafe(self._spawn, job)

    def on_stop(self) -> None:
        """Give running tasks 5 s, pass on what they reported, stop the loop."""
        self.submit(self._finish()).result(STOP_LIMIT + 1)
        self._deliver_reports()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(STOP_LIMIT)
        self._threads.shutdown(wait=False, cancel_futures=True)

    on_terminate = on_stop

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _finish(self) -> None:
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=STOP_LIMIT)

    async def _job(
        self,
        target: Callable[..., Any],
        args: Any,
        callback: Callable[[Any], object] | None,
        accept_callback: Callable[[int, float], object] | None,
        limit: float,
    ) -> None:
        if accept_callback is not None:
            accepted, at = accept_callback, time.monotonic()
            self._report(lambda: accepted(os.getpid(), at))
        if inspect.iscoroutinefunction(self.app.tasks[args[0]].run):
            result = await self._run_async(args, limit)
        else:
            result = await self.loop.run_in_executor(self._threads, lambda: target(*args))
        if callback is not None:
            done = callback
            self._report(lambda: done(result))

    async def _run_async(self, call: Call, limit: float) -> tuple[int, Any, float]:
        """Run one coroutine task. The answer has the shape of Celery's own trace: (failed, value, seconds)."""
        name, _, _, body, content_type, content_encoding = call
        started = time.monotonic()
        try:
            args, kwargs, _ = loads(body, content_type, content_encoding, accept=self._accept)
            async with asyncio.timeout(limit):
                value = await self.app.tasks[name].run(*args, **kwargs)
        except Exception:  # Celery's contract: a failed task is a result, logged by the caller
            return 1, ExceptionInfo(), time.monotonic() - started
        return 0, repr(value), time.monotonic() - started

    def _report(self, report: Callable[[], object]) -> None:
        self._reports.append(report)
        try:
            os.write(self._ring, b".")
        except BlockingIOError:
            return  # the bell is ringing already

    def _deliver_reports(self) -> None:
        """On Celery's thread: run what the loop reported."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 65536)
        while self._reports:
            self._reports.popleft()()
