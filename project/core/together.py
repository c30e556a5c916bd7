"""Several coroutines of which none may end alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

_CLOSE = 8.0  # seconds that the others have to end


async def first_of(*works: Awaitable[None]) -> None:
    """Runs all until the first ends; its error comes through, the others are cancelled and waited for."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_CLOSE)
