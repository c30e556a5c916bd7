"""One source chat: scans its history while it is unsynced, takes live updates once it is not.

While a source is unsynced no live post is journaled; the scan repeats until it has reached the highest id seen live.
So a gap is neither lost nor overtaken (design §5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from random import Random

from project.telegram.account import TelegramAccount

from pairs.domain.keys import content_hash
from pairs.intake.recheck import Recheck
from pairs.journal.journal import Journal
from pairs.journal.rows import NewEvent, StoredEvent
from pairs.lane.backoff import backoff
from pairs.lane.config import PairConfig
from project.core.errors import AccountDead, FenceLost, GatewayError, RetryLater
from project.core.logs import get_logger
from project.core.message import EventKind, Message
from project.telegram.updates import Deleted, Edited, Posted, Update

_log = get_logger(__name__)

SCAN_PAGE = 100


class SourceIntake:
    """The one task that journals a source chat. `journaled` is told every new event."""

    def __init__(
        self,
        *,
        chat_id: int,
        account: TelegramAccount,
        journal: Journal,
        journaled: Callable[[Sequence[StoredEvent]], None],
        rng: Random,
    ) -> None:
        self.chat_id = chat_id
        self.synced = False
        self._account = account
        self._journal = journal
        self._journaled = journaled
        self._rng = rng
        self._pairs: dict[int, PairConfig] = {}
        self._cursors: dict[int, int | None] = {}
        self._live: list[Update] = []
        self._highest = 0
        self._signal = asyncio.Event()

    def set_pairs(self, pairs: Iterable[PairConfig], cursors: dict[int, int | None]) -> None:
        """The pairs that journal this source now. A pair that is new here makes the source unsynced."""
        wanted = {pair.id: pair for pair in pairs}
        for pair_id in wanted.keys() - self._pairs.keys():
            self._cursors[pair_id] = cursors[pair_id]
            self.synced = False
        self._pairs = wanted
        self._signal.set()

    def push(self, update: Update) -> None:
        """A live update; cheap, never waits."""
        if isinstance(update, Posted):
            self._highest = max(self._highest, update.message.message_id)
        self._live.append(update)
        self._signal.set()

    def lost_track(self) -> None:
        """A connection, a gap or a TooLong: what is live can no longer be trusted to be complete."""
        self.synced = False
        self._signal.set()

    async def run(self) -> None:
        """Works until cancelled. Raises AccountDead and FenceLost."""
        failures = 0
        while True:
            self._signal.clear()
            try:
                if not self.synced and self._pairs:
                    await self._sync()
                await self._take_live()
                failures = 0
            except (AccountDead, FenceLost):
                raise
            except GatewayError as error:
                failures += 1
                wait = error.retry_after if isinstance(error, RetryLater) else backoff(failures, self._rng)
                _log.warning("source cannot be read", chat=self.chat_id, code=error.code, wait=round(wait, 1))
                self.synced = False
                await asyncio.sleep(wait)
                continue
            if (self.synced and not self._live) or not self._pairs:
                await self._signal.wait()

    # --- catch-up

    async def _sync(self) -> None:
        self.synced = True  # a gap during the scan sets it back
        await self._begin_new_pairs()
        while True:
            goal = self._highest
            reached = await self._scan(min(self._cursors[id_] or 0 for id_ in self._pairs))
            if self._highest <= max(reached, goal):
                break  # what is missing below was deleted before we saw it
        await Recheck(self._account, self._journal).run(self.chat_id, self._pairs.values(), self._append)

    async def _begin_new_pairs(self) -> None:
        """A pair without a cursor begins after what stands in its source now."""
        new = [pair for pair in self._pairs.values() if self._cursors[pair.id] is None]
        if not new:
            return
        top = (await self._account.chat(self.chat_id)).top_message_id
        for pair in new:
            await self._journal.set_cursor(pair.id, pair.generation, top)
            self._cursors[pair.id] = top

    async def _scan(self, after_id: int) -> int:
        """Journals everything above `after_id`; the highest id found."""
        page: list[Message] = []
        async for message in self._account.history(self.chat_id, after_id):
            page.append(message)
            if len(page) == SCAN_PAGE:
                after_id = await self._journal_posts(page)
                page = []
        return await self._journal_posts(page) if page else after_id

    # --- live

    async def _take_live(self) -> None:
        if not self.synced:
            return
        live, self._live = self._live, []
        events = [event for update in live for event in self._events(update)]
        if events:
            await self._append(events)

    def _events(self, update: Update) -> list[NewEvent]:
        if isinstance(update, Posted):
            return self._of_message(update.message, EventKind.CREATE)
        if isinstance(update, Edited):
            return self._of_message(update.message, EventKind.EDIT)
        if isinstance(update, Deleted):
            return [deleted(pair, pair.source_scope, id_) for id_ in update.ids for pair in self._pairs.values()]
        return []

    def _of_message(self, message: Message, kind: EventKind) -> list[NewEvent]:
        digest = content_hash(message)
        return [
            NewEvent(
                pair_id=pair.id,
                generation=pair.generation,
                scope=pair.source_scope,
                message_id=message.message_id,
                kind=kind,
                content_hash=digest,
                message=message,
                edited=message.edited or 0,
                cursor_to=message.message_id if kind is EventKind.CREATE else None,
            )
            for pair in self._pairs.values()
            if kind is not EventKind.CREATE or message.message_id > (self._cursors[pair.id] or 0)
        ]

    async def _journal_posts(self, messages: Sequence[Message]) -> int:
        await self._append([event for message in messages for event in self._of_message(message, EventKind.CREATE)])
        return max(message.message_id for message in messages)

    async def _append(self, events: Sequence[NewEvent]) -> None:
        stored = await self._journal.append(events)
        for event in events:
            if event.cursor_to is not None:
                self._cursors[event.pair_id] = max(self._cursors.get(event.pair_id) or 0, event.cursor_to)
        self._journaled(stored)


def deleted(pair: PairConfig, scope: str, message_id: int) -> NewEvent:
    """The event of a deleted message, on both hops."""
    return NewEvent(
        pair_id=pair.id,
        generation=pair.generation,
        scope=scope,
        message_id=message_id,
        kind=EventKind.DELETE,
        content_hash=b"",
        message=None,
    )
