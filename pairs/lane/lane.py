"""One hop of one pair: commits the next event's parts as `sending`, sends them, commits what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

import asyncpg

from pairs.journal.journal import POISON, Journal
from pairs.journal.link import LinkClosed
from pairs.journal.rows import DueRow, PartClaim, StoredEvent
from pairs.lane.attempts import attempt_of, settle_wait
from pairs.lane.backoff import backoff
from pairs.lane.config import PairConfig
from pairs.lane.gate import Gate
from pairs.lane.hop import Attempt, Hop
from pairs.lane.parts import MOST_REFUSALS, PartSender, Ready
from pairs.lane.queue import LaneQueue, Work
from pairs.lane.record import Record
from pairs.lane.waits import Waits
from pairs.models.delivery import Act, HopState
from project.core.errors import AccountDead, FenceLost, TargetGone
from project.core.logs import get_logger

_log = get_logger(__name__)

OVERTAKEN = "superseded by a later edit or delete"


class Lane:
    """Runs until closed. `settled` is called for each event this hop is through with; `wake` names the account whose
    process works the next hop, when that is another process."""

    def __init__(
        self,
        *,
        pair: PairConfig,
        hop: Hop,
        journal: Journal,
        settled: Callable[[StoredEvent], None],
        wake: str | None,
        waits: Waits,
        rng: Random,
    ) -> None:
        self.pair = pair
        self.hop = hop
        self._journal = journal
        self._settled = settled
        self._rng = rng
        self._gate = Gate()
        self._record = Record(journal, pair, hop, wake)
        self._sender = PartSender(pair=pair, hop=hop, record=self._record, gate=self._gate, waits=waits, rng=rng)
        self._clock = asyncio.get_running_loop().time
        self._queue = LaneQueue(lambda limit: journal.due(pair.id, hop.number, limit), self._clock)
        self._crashes = (0, 0)  # event id, times it broke the lane
        self.idle = False

    @property
    def sent(self) -> int:
        """Parts sent since start."""
        return self._sender.sent

    # --- news

    def offer(self, event: StoredEvent, *, hop1_open: bool) -> None:
        """A freshly journaled event."""
        self._queue.offer(Work(event, hop1_open))
        self._gate.ring()

    def hop1_settled(self, event_id: int) -> None:
        """Hop 1 is through with an event."""
        self._queue.hop1_settled(event_id)
        self._gate.ring()

    def refresh(self) -> None:
        """The journal may hold more than was offered."""
        self._queue.refresh()
        self._gate.ring()

    def close(self) -> None:
        """Ends `run` after the call under way."""
        self._gate.close()

    # --- work

    async def run(self) -> None:
        """Works until closed, or until the pair's target is gone (then the pair is in `error`). Raises AccountDead,
        FenceLost, and what the database says about itself."""
        while not self._gate.closing:
            self._gate.rearm()
            work = await self._queue.head()
            if work is None:
                self.idle = True
                await self._gate.news()
                self.idle = False
                continue
            try:
                finished = await self._work(work)
            except TargetGone as error:
                _log.warning("pair stopped", pair=self.pair.id, hop=self.hop.number, code=error.code)
                await self._record.stop_pair(error.for_people())
                return
            if finished:
                self._queue.done(work)
                self._settled(work.event)

    async def _work(self, work: Work) -> bool:
        """True when the hop is through with the event. A message that breaks our own code may not stop the lane: after
        three times it is set aside."""
        try:
            parts = await (self._resume(work) if _was_planned(work.rows) else self._plan(work))
            if parts is not None and await self._sender.send_all(work.event, parts):
                return True
        except (TargetGone, AccountDead, FenceLost, LinkClosed):
            raise
        except Exception as error:
            if isinstance(error, asyncpg.PostgresError) and not isinstance(error, POISON):
                raise  # not the message's fault
            return await self._survive(work, error)
        self._queue.forget()
        return False

    async def _survive(self, work: Work, error: Exception) -> bool:
        event_id, crashes = self._crashes
        crashes = crashes + 1 if event_id == work.event.id else 1
        self._crashes = (work.event.id, crashes)
        _log.exception("message broke the lane", pair=self.pair.id, hop=self.hop.number, seq=work.event.seq)
        if crashes < MOST_REFUSALS:
            self._queue.forget()
            await self._gate.pause(backoff(crashes, self._rng))
            return False
        await self._finish(work, HopState.DEAD, f"internal error: {type(error).__name__}")
        return True

    async def _finish(self, work: Work, state: HopState, reason: str) -> None:
        """All that is unfinished of the event ends in one state."""
        parts = [row.part for row in work.rows] or [0]
        for part in parts:
            await self._record.outcome(work.event, part, state, reason=reason, last=part == parts[-1])

    async def _plan(self, work: Work) -> list[Ready] | None:
        """The event's parts, committed. None: not now. Planned anew after each wait, since more may have happened."""
        wait = _wait_of(work, self._clock())
        while await self._gate.pause(wait):
            if await self._is_overtaken(work.event):
                await self._finish(work, HopState.SKIPPED, OVERTAKEN)
                return []
            plan = await self.hop.plan(self.pair, work.event)
            if not plan.parts:
                await self._finish(work, HopState.SKIPPED, plan.reason)
                return []
            wait = self._sender.wait_before(plan.parts[0])
            if not wait:
                return await self._committed(work.event, [Ready(part) for part in plan.parts])
        return None

    async def _resume(self, work: Work) -> list[Ready] | None:
        """What an earlier owner, or an earlier attempt, left unfinished."""
        ready = self._ready(work)
        rows = [(row, item.attempt) for row, item in zip(work.rows, ready, strict=True)]
        elapsed = self._clock() - work.read_at
        wait = max(_wait_of(work, self._clock()), settle_wait(rows, elapsed=elapsed))
        if not await self._gate.pause(wait):
            return None
        untouched = work.rows[0].part == 0 and all(attempt is Attempt.FIRST for _, attempt in rows)
        if untouched and await self._is_overtaken(work.event):
            await self._finish(work, HopState.SKIPPED, OVERTAKEN)
            return []
        return await self._committed(work.event, self._ready(work))

    def _ready(self, work: Work) -> list[Ready]:
        elapsed = self._clock() - work.read_at
        lifetime, identity = self.hop.key_lifetime(self.pair), self.hop.identity(self.pair)
        ready = []
        for row in work.rows:
            attempt = attempt_of(row, identity=identity, lifetime=lifetime, elapsed=elapsed)
            age = 0.0 if attempt is Attempt.FIRST else (row.age or 0.0) + elapsed
            ready.append(Ready(_part(row), attempt, age))
        return ready

    async def _committed(self, event: StoredEvent, ready: list[Ready]) -> list[Ready] | None:
        """The same parts, once those never tried are `sending`."""
        fresh = [item.part for item in ready if item.attempt is Attempt.FIRST]
        if not fresh or await self._record.sending(event, fresh):
            return ready
        await self._gate.pause(backoff(1, self._rng))  # handed over: the engine will close this lane
        return None

    async def _is_overtaken(self, event: StoredEvent) -> bool:
        if self._queue.overtaken(event):
            return True
        return not self._queue.complete and await self._journal.overtaken(event, self.hop.number)


def _was_planned(rows: list[DueRow]) -> bool:
    return bool(rows) and rows[0].act is not Act.PLAN


def _wait_of(work: Work, now: float) -> float:
    return max((row.wait for row in work.rows), default=0.0) - (now - work.read_at)


def _part(row: DueRow) -> PartClaim:
    return PartClaim(row.part, row.act, row.source_message, row.rendered or "", row.key, row.remote_id)
