"""Questions to a platform that a person waits for: a short rate limit is waited out, a long one is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from project.core.errors import RetryLater

T = TypeVar("T")

PATIENCE = 30.0  # seconds in all


async def patiently(ask: Callable[[], Awaitable[T]], *, patience: float = PATIENCE) -> T:
    """The answer to a question that may be asked again. Raises RetryLater when the platform asks to wait longer."""
    left = patience
    while True:
        try:
            return await ask()
        except RetryLater as error:
            left -= error.retry_after
            if left < 0:
                raise
            await asyncio.sleep(error.retry_after)
