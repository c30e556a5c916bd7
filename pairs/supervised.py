"""Named tasks of an engine: what ends badly is told, what is cancelled ends in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable
from typing import Any

from pairs.journal.link import LinkClosed
from project.core.errors import AccountDead, FenceLost
from project.core.logs import get_logger

_log = get_logger(__name__)

CANCEL = 1.0  # seconds that cancelled tasks get to end


class Tasks:
    """`contain` is told of a task that broke, and says whether that concerns only a part of the process; `on_fatal` is
    told what must end the process."""

    def __init__(
        self,
        on_fatal: Callable[[BaseException], None],
        contain: Callable[[Hashable, Exception], bool] = lambda key, error: False,
    ) -> None:
        self._on_fatal = on_fatal
        self._contain = contain
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}
        self.endings = 0  # how many tasks have ended so far, by themselves or not

    def start(self, key: Hashable, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` under a name that is not in use."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def runs(self, key: Hashable) -> bool:
        """Whether the task of this name has not ended."""
        return key in self._tasks

    async def end(self, keys: Iterable[Hashable], *, grace: float = 0.0) -> None:
        """Waits up to `grace` seconds for the tasks to end by themselves, then cancels them."""
        tasks = [self._tasks[key] for key in keys if key in self._tasks]
        if tasks and grace:
            _, tasks_left = await asyncio.wait(tasks, timeout=grace)
            tasks = list(tasks_left)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL)

    def abandon(self) -> None:
        """Cancels everything without waiting."""
        for task in list(self._tasks.values()):
            task.cancel()

    def _ended(self, key: Hashable, task: asyncio.Task[None]) -> None:
        self.endings += 1
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, AccountDead):  # the account's own run() says so too, and its owner acts on that
            _log.warning("task ended: account dead", task=str(key), code=error.code)
        elif not isinstance(error, LinkClosed) and not self._contained(key, error):
            self._on_fatal(error)

    def _contained(self, key: Hashable, error: BaseException) -> bool:
        return isinstance(error, Exception) and not isinstance(error, FenceLost) and self._contain(key, error)
