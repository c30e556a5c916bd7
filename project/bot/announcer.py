"""Tells all operators what the notices say, beside what they ask the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from django.db import Error as DatabaseError

from project.bot.digest import WINDOW, Waiting, hold_back, message
from project.botkit.outlet import Outlet
from project.botkit.parts import Reply
from project.botkit.pool import Pool
from project.core.clock import database_now
from project.core.errors import Refused, RelayError
from project.core.logs import get_logger
from project.core.models import Notice
from project.core.notices import NoticeButton, Severity
from project.core.whitelist import list_operators

EVERY = 1.0  # seconds
AGAIN = 10.0  # seconds, when Telegram or the database stays away
MOST = 200  # notices at a time

log = get_logger(__name__)


class Announcer:
    """A notice is sent when everybody who can be written to was told; a bot that dies in between may repeat itself."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._pool = Pool(threads=1)
        self._sent_at: list[float] = []
        self._batch: list[Waiting] = []  # the message under way: who was told, and whom it did not reach
        self._told: set[int] = set()
        self._failed: dict[str, str] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                pause = await self._round()
                await asyncio.sleep(pause)
        finally:
            self._pool.close()

    async def _round(self) -> float:
        """Tells what is due; seconds until the next look."""
        try:
            if not self._batch and not await self._is_due():
                return EVERY
            await self._tell(message(self._batch))
            await self._pool.run(mark_sent, [one.id for one in self._batch], self._failed)
        except (RelayError, DatabaseError) as error:
            log.warning("notices wait", reason=str(error))
            return AGAIN
        self._sent_at.append(asyncio.get_running_loop().time())
        self._batch, self._told, self._failed = [], set(), {}
        return EVERY

    async def _is_due(self) -> bool:
        """Whether there is a message to send now; then it is the one under way."""
        waiting = await self._pool.run(waiting_notices)
        now = asyncio.get_running_loop().time()
        self._sent_at = [at for at in self._sent_at if now - at < WINDOW]
        if not waiting or hold_back(waiting, [now - at for at in self._sent_at]) > 0:
            return False
        self._batch = waiting
        return True

    async def _tell(self, reply: Reply) -> None:
        """Everybody who was not told yet. Raises RetryLater and Unreachable."""
        for line in await self._pool.run(list_operators):
            user_id = line.view.user_id
            if user_id in self._told:
                continue
            try:
                if not await self._outlet.tell(user_id, reply):
                    self._failed[str(user_id)] = "the bot may not write to them"
            except Refused as error:
                self._failed[str(user_id)] = error.message
            self._told.add(user_id)


async def announce(outlet: Outlet) -> None:
    """What runs beside the bot."""
    await Announcer(outlet).run()


def waiting_notices() -> list[Waiting]:
    """What nobody was told of, oldest first."""
    now = database_now()
    rows = Notice.objects.filter(sent_at=None).order_by("pk")[:MOST]
    return [
        Waiting(
            id=row.pk,
            text=row.text,
            age=(now - row.created_at).total_seconds(),
            buttons=tuple(map(NoticeButton.read, row.buttons)),
            severity=Severity(row.severity),
        )
        for row in rows
    ]


def mark_sent(ids: Sequence[int], failed: dict[str, str]) -> None:
    """They were told, to all but `failed` (user id: why not)."""
    Notice.objects.filter(pk__in=ids).update(sent_at=database_now(), failed=failed)
