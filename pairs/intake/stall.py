"""Notices that updates have stopped coming while the connection looks fine, as it happens with big channels."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random

from pairs.intake.source import SourceIntake
from project.core.errors import AccountDead, GatewayError, RetryLater
from project.core.logs import get_logger

_log = get_logger(__name__)

EVERY = 172.0  # seconds: seen within three minutes, for 22 calls an hour


class StallWatch:
    """Compares, for all sources of a session in one question, the newest message there with the newest one seen."""

    def __init__(self, sources: Mapping[int, SourceIntake], rng: Random) -> None:
        self._sources = sources
        self._rng = rng

    async def run(self) -> None:
        """Looks until cancelled. Raises AccountDead."""
        wait = 0.0
        while True:
            await asyncio.sleep(max(wait, EVERY * self._rng.uniform(0.96, 1.0)))
            try:
                await self._look()
                wait = 0.0
            except AccountDead:
                raise
            except GatewayError as error:
                wait = error.retry_after if isinstance(error, RetryLater) else 0.0
                _log.warning("sources cannot be looked at", code=error.code, wait=round(wait, 1))

    async def _look(self) -> None:
        for account in {source.account for source in self._sources.values()}:
            chats = [chat_id for chat_id, source in self._sources.items() if source.account is account]
            for chat_id, top in (await account.tops(chats)).items():
                if (source := self._sources.get(chat_id)) is not None:
                    source.stands_at(top.top_message_id)
