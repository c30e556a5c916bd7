"""How both halves of the journal run their statements."""

from __future__ import annotations

from typing import Any

import asyncpg

from pairs.journal.link import JournalLink


class Statements:
    """Statements over the journal's one connection."""

    def __init__(self, link: JournalLink) -> None:
        self._link = link

    async def _fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self._link.run(lambda connection: connection.fetch(statement, *arguments))

    async def _execute(self, statement: str, *arguments: Any) -> None:
        await self._link.run(lambda connection: connection.execute(statement, *arguments))
