"""Blocking services, run beside the event loop in a few threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

from project.core.errors import Conflict

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8  # each has one database connection while it works
LIMIT = 120.0  # seconds


class Pool:
    """Every service call of the bot goes through here; connections are closed after each."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="bot")

    async def run(self, service: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The service's result, or its error; Conflict after two minutes, when it goes on alone."""
        work = partial(copy_context().run, _with_connection, partial(service, *args, **kwargs))
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(running, LIMIT)
        except TimeoutError:
            raise Conflict(
                "This takes longer than two minutes.", hint="It goes on by itself; look at the result later."
            ) from None

    def close(self) -> None:
        """No more calls; what runs ends with its statement."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _with_connection(service: Callable[[], T]) -> T:
    close_old_connections()  # one that broke meanwhile would fail the service
    try:
        return service()
    finally:
        close_old_connections()
