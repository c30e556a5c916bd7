"""One source chat: scans its history while it is unsynced, takes live updates once it is not.

While a source is unsynced no live post is journaled; the scan repeats until it has reached the highest id seen live.
So a gap is neither lost nor overtaken (docs/explanation/design.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from random import Random

from pairs.intake.events import created, deleted, edited, unreadable
from pairs.intake.reach import ANY, Reach
from pairs.intake.recheck import Recheck
from pairs.intake.takers import Takers
from pairs.journal.journal import POISON, Journal
from pairs.journal.link import LinkClosed
from pairs.journal.rows import NewEvent
from pairs.lane.backoff import backoff
from pairs.lane.config import PairConfig
from project.core.errors import AccountDead, FenceLost, GatewayError, RelayError, RetryLater
from project.core.logs import get_logger
from project.core.message import Message
from project.telegram.account import TelegramAccount
from project.telegram.updates import Deleted, Edited, Posted, Update, counts_per_account

_log = get_logger(__name__)

SCAN_PAGE = 100
MOST_LIVE = 10_000  # edits and deletes kept while the source cannot be read; the re-check finds the rest


class SourceIntake:
    """The one task that journals a source chat. `lanes` take every new event."""

    def __init__(
        self,
        *,
        chat_id: int,
        account: TelegramAccount,
        journal: Journal,
        lanes: Takers,
        reach: Reach,
        rng: Random,
    ) -> None:
        self.chat_id = chat_id
        self.account = account
        self._trusted = False  # what is live is complete, or will be when the scan under way is through
        self._journal = journal
        self._lanes = lanes
        self._reach = reach
        self._rng = rng
        self._pairs: dict[int, PairConfig] = {}
        self._cursors: dict[int, int | None] = {}
        self._begins: dict[int, int] = {}  # what is not above this was there before the pair came here, or is left out
        self._coming: set[int] = set()  # pairs that came while a scan runs: it may have passed their cursors already
        self._live: list[Update] = []
        self._scanning = False
        self._highest = 0
        self._top = 0  # newest message as last asked; a service message, for one, is never seen
        self._signal = asyncio.Event()
        self.changed_at = asyncio.get_running_loop().time()  # when something last happened there, by the loop's clock

    @property
    def guest(self) -> bool:
        """Whether the account reads the source without being a member: Telegram tells it of nothing."""
        return self.account.is_guest(self.chat_id)

    @property
    def synced(self) -> bool:
        """Whether the source is followed live."""
        return self._trusted and not self._scanning

    def set_pairs(self, pairs: Iterable[PairConfig], cursors: Mapping[int, int | None]) -> None:
        """The pairs that journal this source now. One that is new here, or was elsewhere meanwhile, makes the source
        unsynced."""
        wanted = {pair.id: pair for pair in pairs}
        for pair_id, pair in wanted.items():
            known = self._pairs.get(pair_id)
            if known is None or known.generation != pair.generation:
                self._cursors[pair_id] = cursors[pair_id]
                self._begins[pair_id] = cursors[pair_id] or 0
                self._coming.add(pair_id)
                self._trusted = False
        self._pairs = wanted
        self._signal.set()

    def push(self, update: Update) -> None:
        """A live update; cheap, never waits. A post that the scan will find is not kept."""
        self.changed_at = asyncio.get_running_loop().time()
        if isinstance(update, Posted):
            self._highest = max(self._highest, update.message.message_id)
            if not self._trusted or self._scanning:
                self._signal.set()
                return
        if len(self._live) >= MOST_LIVE:
            self._live.clear()
            self._trusted = False
        self._live.append(update)
        self._signal.set()

    def lost_track(self) -> None:
        """A connection, a gap or a TooLong: what is live can no longer be trusted to be complete."""
        self._trusted = False
        self._signal.set()

    def stands_at(self, message_id: int) -> None:
        """The chat's newest message, asked from the server: when nobody told of it, its updates do not come."""
        seen = max(self._highest, self._top, *(cursor or 0 for cursor in self._cursors.values()))
        self._top = max(self._top, message_id)
        if message_id > seen and self.synced:
            _log.warning("source is silent", chat=self.chat_id, newest=message_id, seen=seen)
            self.lost_track()

    async def run(self) -> None:
        """Works until cancelled. Raises AccountDead and FenceLost."""
        failures = 0
        while True:
            self._signal.clear()
            try:
                if not self._trusted and self._pairs:
                    await self._sync()
                await self._take_live()
                failures = 0
            except (AccountDead, FenceLost, LinkClosed):
                raise
            except Exception as error:  # whatever is wrong with one source, the others of the session go on
                self._trusted = False
                failures += 1
                await asyncio.sleep(self._after(error, failures))
                continue
            if (self._trusted and not self._live) or not self._pairs:
                await self._signal.wait()

    def _after(self, error: Exception, failures: int) -> float:
        """Says what is wrong; seconds until the next try."""
        wait = error.retry_after if isinstance(error, RetryLater) else backoff(failures, self._rng)
        if isinstance(error, RelayError):
            code = error.code if isinstance(error, GatewayError) else type(error).__name__
            _log.warning("source cannot be read", chat=self.chat_id, code=code, wait=round(wait, 1))
        else:
            _log.error("source broke", chat=self.chat_id, wait=round(wait, 1), exc_info=error)
        return wait

    # --- catch-up

    async def _sync(self) -> None:
        self._trusted = self._scanning = True  # a gap from here on sets `_trusted` back
        self._coming.clear()
        try:
            await self.account.follow(self.chat_id)  # before anything is read: what changes from here on is counted
            await self._begin_new_pairs()
            recheck = Recheck(self.account, self._journal, list(self._pairs.values()))
            # Before the scan, which may journal more than one re-check looks at and then be killed half-way.
            await self._append(await recheck.events(self.chat_id))
            await self._scan_all()
        finally:
            self._scanning = False
        if counts_per_account(self.chat_id):
            await self._follow()  # what is posted meanwhile is live: the scan is through and would not find it

    async def _follow(self) -> None:
        """A basic group that became a supergroup has ended, and all of it is journaled: its pairs go on in the other
        chat, from its beginning. They come back as that chat's pairs with the next read of the tables."""
        moved_to = (await self.account.chat(self.chat_id)).moved_to
        if moved_to:
            generations = {pair.id: pair.generation for pair in self._scanned()}
            await self._journal.move_source(generations, former=self.chat_id, new=moved_to)
            self._pairs = {id_: pair for id_, pair in self._pairs.items() if generations.get(id_) != pair.generation}

    async def _scan_all(self) -> None:
        reach = self._reach
        while pairs := self._scanned():
            goal = self._highest
            reached = await self._scan(min(self._cursors[pair.id] or 0 for pair in pairs), reach)
            reach = ANY  # judged once: what is posted meanwhile leaves nothing out
            if self._highest <= max(reached, goal):
                return  # what is missing below was deleted before we saw it

    async def _begin_new_pairs(self) -> None:
        """A pair without a cursor begins after what stands in its source now."""
        new = [pair for pair in self._scanned() if self._cursors[pair.id] is None]
        if not new:
            return
        top = (await self.account.chat(self.chat_id)).top_message_id
        for pair in new:
            await self._journal.set_cursor(pair.id, pair.generation, top)
            self._begin_after(top, [pair.id])

    async def _scan(self, after_id: int, reach: Reach) -> int:
        """Journals everything above `after_id` that is within reach; the highest id found."""
        async for page in _pages(self.account.history(self.chat_id, after_id)):
            if reach.may_be_exceeded(page, time.time(), page=SCAN_PAGE):
                begin = await self._leave_out()
                if begin > page[-1].message_id:
                    return await self._scan(begin, ANY)
            reach = ANY
            after_id = await self._journal_posts(page)
        return after_id

    async def _leave_out(self) -> int:
        """What is beyond reach is left out for every pair that has not passed it; the newest message of that."""
        before = self._reach.oldest(await self.account.now_there())  # a clock that is ahead would leave out everything
        begin = await self.account.newest_beyond(self.chat_id, before=before, most=self._reach.messages)
        behind = {pair.id: pair.generation for pair in self._scanned() if (self._cursors[pair.id] or 0) < begin}
        if behind:
            why = f"Late, only what is {self._reach} is relayed (CATCH_UP_DAYS, CATCH_UP_MESSAGES)."
            await self._journal.leave_out(behind, upto=begin, why=why)
            self._begin_after(begin, behind)
        return begin

    def _begin_after(self, message_id: int, pairs: Iterable[int]) -> None:
        """One that was elsewhere while the table was told keeps the cursor it came back with."""
        begins = dict.fromkeys(set(pairs) - self._coming, message_id)
        self._cursors |= begins
        self._begins |= begins

    def _scanned(self) -> list[PairConfig]:
        """The pairs that the present scan is for, and what is live after it."""
        return [pair for id_, pair in self._pairs.items() if id_ not in self._coming]

    async def _journal_posts(self, messages: Sequence[Message]) -> int:
        await self._append([event for message in messages for event in self._found(message)])
        return max(message.message_id for message in messages)

    def _found(self, message: Message) -> list[NewEvent]:
        """Not of a pair that is past it: it may have relayed it longer ago than its links are kept (LINK_DAYS)."""
        behind = [p for p in self._scanned() if message.message_id > (self._cursors[p.id] or 0)]
        return [*created(message, behind), *edited(message, [p for p in self._scanned() if p not in behind])]

    # --- live

    async def _take_live(self) -> None:
        if not self._trusted:
            return
        live, self._live = self._live, []
        events: list[NewEvent] = []
        newest = 0
        for update in live:
            events += self._events(update, newest)
            if isinstance(update, Posted):
                newest = max(newest, update.message.message_id)
        await self._append(events)

    def _events(self, update: Update, newest: int) -> list[NewEvent]:
        if isinstance(update, Posted):
            return self._posts(update.message, newest)
        if isinstance(update, Edited):
            return edited(update.message, self._pairs.values())
        if isinstance(update, Deleted):
            return [event for id_ in update.ids for event in deleted(id_, self._pairs.values())]
        return []

    def _posts(self, message: Message, newest: int) -> list[NewEvent]:
        """A difference shows messages as they read now: one that is journaled already may have been edited since.
        `newest` is the highest id before it that is about to be journaled."""
        pairs, id_ = self._scanned(), message.message_id
        known = [p for p in pairs if id_ <= max(self._cursors[p.id] or 0, newest)]
        return [*created(message, [p for p in pairs if id_ > self._begins[p.id]]), *edited(message, known)]

    # --- journaling

    async def _append(self, events: Sequence[NewEvent]) -> None:
        if not events:
            return
        try:
            appended = await self._journal.append(self._lanes.prepare(events))
        except POISON:
            for event in events:
                await self._append([event] if len(events) > 1 else [unreadable(event)])
            return
        self._lanes.offer(appended.stored)
        for event in events:
            if event.cursor_to is not None and event.pair_id not in appended.refused:
                self._cursors[event.pair_id] = max(self._cursors.get(event.pair_id) or 0, event.cursor_to)
        for pair_id in appended.refused:  # handed over; when it comes back, its cursor in the table counts
            self._pairs.pop(pair_id, None)


async def _pages(messages: AsyncIterator[Message]) -> AsyncIterator[list[Message]]:
    page: list[Message] = []
    async for message in messages:
        page.append(message)
        if len(page) == SCAN_PAGE:
            yield page
            page = []
    if page:
        yield page
