"""Writes into the audit trail what the bot ignored: at most one row an hour of each kind, with a count."""

from __future__ import annotations

import asyncio

from django.db import DatabaseError

from project.botkit.desk import Clock
from project.botkit.pool import Pool
from project.botkit.tally import Ignored, Tally
from project.core.audit import record
from project.core.logs import get_logger

_LOOK = 60.0  # seconds

log = get_logger(__name__)


class Ledger:
    """Everything that the gate turned away."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._tally = Tally()

    async def ignored(self, why: str, user_id: int) -> None:
        """Counts it."""
        told = self._tally.note(why, user_id, self._clock())
        await self._write([told] if told else [])

    async def run(self) -> None:
        """Writes what is due, until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            await self._write(self._tally.due(self._clock()))

    async def close(self) -> None:
        """Writes the rest."""
        await self._write(self._tally.rest(self._clock()))

    async def _write(self, rows: list[Ignored]) -> None:
        for row in rows:
            log.info("ignored", why=row.kind, count=row.count)
            try:
                await self._pool.run(
                    record,
                    actor=f"bot:{row.users[0]}" if len(row.users) == 1 else "bot:several",
                    action="bot.ignored",
                    target="bot",
                    after={"count": row.count, "users": list(row.users)},
                    reason=row.kind,
                )
            except DatabaseError as error:
                log.warning("not audited: no database", reason=type(error).__name__, why=row.kind, count=row.count)
