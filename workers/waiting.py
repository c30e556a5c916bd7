"""Waiting that cancellation always ends (asyncio.wait_for of Python 3.11 can swallow one)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_AFTER = 1.0  # seconds


async def event_or_timeout(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def cancelled(tasks: Iterable[asyncio.Task[Any]], *, limit: float = 5.0) -> None:
    """Cancel tasks and wait until they ended, at most `limit` seconds. Their errors are not raised.

    Again every second: a library's `wait_for` may have swallowed the first one, and its task goes on.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit
    pending = {task for task in tasks if not task.done()}
    while pending and (left := deadline - loop.time()) > 0:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=min(left, AGAIN_AFTER))
