"""Finds what Telegram did not tell: it promises no update, tells guests of a public chat none, and with big channels
they may stop while the connection looks fine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from random import Random

from pairs.domain.pace import Pace
from pairs.intake.source import SourceIntake
from project.core.errors import AccountDead, GatewayError, RetryLater
from project.core.logs import get_logger

_log = get_logger(__name__)


class StallWatch:
    """Compares, for all sources of a session in one question, how many changes they had with how many were told."""

    def __init__(self, sources: Mapping[int, SourceIntake], rng: Random, pace: Pace) -> None:
        self._sources = sources
        self._rng = rng
        self._pace = pace
        self._looked: dict[int, float] = {}  # when a source was asked for last, by the loop's clock

    async def run(self) -> None:
        """Looks until cancelled. Raises AccountDead."""
        clock = asyncio.get_running_loop().time
        all_at = clock() + self._spread()
        wait = 0.0
        while True:
            await asyncio.sleep(max(wait, min(all_at - clock(), self._pace.guest)))
            if everything := clock() >= all_at:
                all_at = clock() + self._spread()
            wait = await self._try(list(self._sources) if everything else self._due_guests(clock()))

    def _spread(self) -> float:
        return self._pace.every * self._rng.uniform(0.96, 1.0)

    def _due_guests(self, now: float) -> list[int]:
        return [
            chat_id
            for chat_id, source in self._sources.items()
            if source.guest and now - self._looked.get(chat_id, 0.0) >= self._rest_of(source, now)
        ]

    def _rest_of(self, source: SourceIntake, now: float) -> float:
        return self._pace.of_guest(now - source.changed_at, source.account.least_poll)

    async def _try(self, chats: Sequence[int]) -> float:
        """Seconds that Telegram, or the budget of requests, wants nothing to be asked."""
        try:
            await self._look(chats)
        except AccountDead:
            raise
        except GatewayError as error:
            wait = error.retry_after if isinstance(error, RetryLater) else 0.0
            _log.warning("sources cannot be looked at", code=error.code, wait=round(wait, 1))
            return wait
        return 0.0

    async def _look(self, chats: Sequence[int]) -> None:
        now = asyncio.get_running_loop().time()
        self._looked = {chat: at for chat, at in self._looked.items() if chat in self._sources} | dict.fromkeys(
            chats, now
        )
        for account in {self._sources[chat].account for chat in chats}:
            of_account = [chat for chat in chats if self._sources[chat].account is account]
            for chat, top in (await account.tops(of_account)).items():
                if (source := self._sources.get(chat)) is not None and not top.behind:
                    source.stands_at(top.top_message_id)
