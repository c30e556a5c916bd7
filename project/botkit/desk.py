"""What all calls of one bot share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiogram import Bot

from project.botkit.catalogue import Catalogue
from project.botkit.confirmations import Confirmations
from project.botkit.outlet import Outlet
from project.botkit.pool import Pool

Clock = Callable[[], float]
Key = tuple[int, int, str]  # chat, message, act


@dataclass
class Desk:
    """One per bot. `clock` counts seconds, from anywhere."""

    bot: Bot
    outlet: Outlet
    pool: Pool
    catalogue: Catalogue
    clock: Clock
    confirmations: Confirmations = field(default_factory=Confirmations)
    _later: dict[Key, asyncio.Task[None]] = field(default_factory=dict)

    def later(self, key: Key, work: Callable[[], Awaitable[None]]) -> None:
        """Starts `work` in place of an earlier one of this chat, message and act. Two deletions or imports, each with a
        message of its own, go on side by side."""
        if (before := self._later.pop(key, None)) is not None:
            before.cancel()
        task = self._later[key] = asyncio.ensure_future(work())
        task.add_done_callback(lambda done: self._forget(key, done))

    async def close(self) -> None:
        """Ends whatever goes on."""
        tasks = list(self._later.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        self.pool.close()

    def _forget(self, key: Key, done: asyncio.Task[None]) -> None:
        if self._later.get(key) is done:
            del self._later[key]
