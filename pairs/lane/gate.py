"""Where a lane waits: for news, or for time."""

from __future__ import annotations

import asyncio


class Gate:
    """`closing` is final; it ends every wait."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._closed = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Whether the lane is to end."""
        return self._closed.is_set()

    def ring(self) -> None:
        """There is news."""
        self._news.set()

    def close(self) -> None:
        """Ends all waits, now and later."""
        self._closed.set()
        self._news.set()

    def rearm(self) -> None:
        """News from here on counts."""
        if not self.closing:
            self._news.clear()

    async def news(self) -> None:
        """Until there is news since `rearm`."""
        await self._news.wait()

    async def pause(self, seconds: float) -> bool:
        """Waits so long; False when the lane closed meanwhile."""
        if seconds > 0 and not self.closing:
            try:
                async with asyncio.timeout(seconds):
                    await self._closed.wait()
            except TimeoutError:
                return True
        return not self.closing
