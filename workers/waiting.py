"""Waiting that cancellation always ends (asyncio.wait_for of Python 3.11 can swallow one)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def event_or_timeout(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def cancelled(tasks: Iterable[asyncio.Task[Any]], *, limit: float = 5.0) -> None:
    """Cancel tasks and wait until they ended, at most `limit` seconds. Their errors are not raised."""
    pending = [task for task in tasks if not task.done()]
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.wait(pending, timeout=limit)
