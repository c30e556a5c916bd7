"""One hop of one pair: commits the next event's parts as `sending`, sends them, commits what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from pairs.journal.journal import Journal
from pairs.journal.rows import Claim, DueRow, Outcome, PartClaim, StoredEvent
from pairs.lane.backoff import backoff
from pairs.lane.config import PairConfig
from pairs.lane.hop import Attempt, Hop
from pairs.lane.queue import LaneQueue, Work
from pairs.models.delivery import Act, HopState
from project.core.errors import Ambiguous, Refused, RelayError, RetryLater, TargetGone, Unreachable
from project.core.logs import get_logger

_log = get_logger(__name__)

MOST_REFUSALS = 3
SETTLE_TIME = 5.0  # seconds an unsure attempt gets to show up before we look for it
IDLE = 60.0  # seconds after which an idle lane looks at the journal unasked


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
        rng: Random,
    ) -> None:
        self.pair = pair
        self.hop = hop
        self.sent = 0
        self._journal = journal
        self._settled = settled
        self._wake_other = wake
        self._rng = rng
        self._queue = LaneQueue(lambda after, limit: journal.due(pair.id, hop.number, after, limit))
        self._signal = asyncio.Event()
        self._closing = False
        self._crashes: dict[int, int] = {}

    def offer(self, event: StoredEvent, *, hop1_open: bool) -> None:
        """A freshly journaled event."""
        self._queue.offer(Work(event, hop1_open))
        self._signal.set()

    def hop1_settled(self, event_id: int) -> None:
        """Hop 1 is through with an event."""
        self._queue.hop1_settled(event_id)
        self._signal.set()

    def wake(self) -> None:
        """Something changed in the journal that only a read can tell."""
        self._queue.forget()
        self._signal.set()

    def close(self) -> None:
        """Ends `run` after the part under way."""
        self._closing = True
        self._signal.set()

    async def run(self) -> None:
        """Works until closed, or until the pair's target is gone (then the pair is in `error`)."""
        while not self._closing:
            self._signal.clear()
            work = await self._queue.head()
            if work is None or work.hop1_open:
                await self._idle()
                continue
            try:
                finished = await self._work(work)
            except TargetGone as error:
                await self._stop(error)
                return
            except RelayError:
                raise
            except Exception as error:
                finished = await self._survive(work, error)
            if finished:
                self._queue.done(work)

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(IDLE * self._rng.uniform(0.8, 1.2)):
                await self._signal.wait()
        except TimeoutError:
            self._queue.forget()

    async def _survive(self, work: Work, error: Exception) -> bool:
        """A message that breaks our own code may not stop the lane: after three times it is set aside."""
        self._crashes[work.event.id] = crashes = self._crashes.get(work.event.id, 0) + 1
        _log.exception("message broke the lane", pair=self.pair.id, hop=self.hop.number, seq=work.event.seq)
        if crashes < MOST_REFUSALS:
            self._queue.forget()
            await self._pause(backoff(crashes, self._rng))
            return False
        for part in {row.part for row in work.rows} or {0}:
            await self._finish(work.event, part, HopState.DEAD, reason=f"internal error: {type(error).__name__}")
        return True

    async def _stop(self, error: TargetGone) -> None:
        reason = f"hop {self.hop.number}: {error.for_people()}"
        _log.warning("pair stopped", pair=self.pair.id, hop=self.hop.number, code=error.code)
        await self._journal.stop_pair(self.pair.id, reason)

    async def _work(self, work: Work) -> bool:
        """True when the hop is through with the event."""
        claimed = await self._resume(work) if _was_planned(work.rows) else await self._plan(work)
        if claimed is None:
            self._queue.forget()
            await asyncio.sleep(backoff(1, self._rng))
            return False
        for index, (part, attempt, tries) in enumerate(claimed):
            last = index == len(claimed) - 1
            if self._closing or not await self._send(work.event, part, attempt, tries, last=last):
                self._queue.forget()
                return False
        return True

    async def _plan(self, work: Work) -> list[tuple[PartClaim, Attempt, int]] | None:
        wait = max([row.wait for row in work.rows], default=0.0)
        if not await self._pause(max(wait, self.hop.pause(self.pair))):
            return None
        plan = await self.hop.plan(self.pair, work.event)
        if not plan.parts:
            await self._finish(work.event, 0, HopState.SKIPPED, reason=plan.reason)
            return []
        if not await self._claim(work.event, plan.parts):
            return None
        return [(part, Attempt.FIRST, 0) for part in plan.parts]

    async def _resume(self, work: Work) -> list[tuple[PartClaim, Attempt, int]] | None:
        """What an earlier owner, or an earlier attempt, left unfinished."""
        resumed = [(row, _part(row), self._attempt(row)) for row in work.rows]
        if any(attempt is Attempt.UNSURE for _, _, attempt in resumed) and not await self._pause(SETTLE_TIME):
            return None
        fresh = tuple(part for _, part, attempt in resumed if attempt is Attempt.FIRST)
        wait = max(row.wait for row, _, _ in resumed)
        if not await self._pause(max(wait, self.hop.pause(self.pair))):
            return None
        if fresh and not await self._claim(work.event, fresh):
            return None
        return [(part, attempt, row.tries) for row, part, attempt in resumed]

    def _attempt(self, row: DueRow) -> Attempt:
        if row.state is HopState.WAITING or row.attempted_at is None:
            return Attempt.FIRST
        age = (datetime.now(UTC) - row.attempted_at).total_seconds()
        same = row.identity == self.hop.identity(self.pair)
        return Attempt.KEYED if same and 0 <= age < self.hop.key_lifetime(self.pair) else Attempt.UNSURE

    async def _claim(self, event: StoredEvent, parts: tuple[PartClaim, ...]) -> bool:
        return await self._journal.claim(
            Claim(
                event_id=event.id,
                pair_id=event.pair_id,
                seq=event.seq,
                hop=self.hop.number,
                account=self.hop.account(self.pair),
                generation=self.pair.generation if self.hop.number == 1 else None,
                identity=self.hop.identity(self.pair),
                parts=parts,
            )
        )

    async def _send(self, event: StoredEvent, part: PartClaim, attempt: Attempt, refusals: int, *, last: bool) -> bool:
        """Sends until the platform has decided. False when the lane closes first: the row stays for the next owner."""
        failures = 0
        while True:
            try:
                remote_id = await self.hop.perform(self.pair, event, part, attempt)
            except RetryLater as error:
                if not await self._later(event, part, error, refusals):
                    return False
                attempt = Attempt.FIRST if attempt is Attempt.FIRST else Attempt.UNSURE
                continue
            except (Ambiguous, Unreachable) as error:
                failures += 1
                attempt = self._after(error, attempt, failures)
                if not await self._pause(backoff(failures, self._rng)):
                    return False
                continue
            except Refused as error:
                refusals += 1
                if refusals >= MOST_REFUSALS:
                    _log.warning("message refused", pair=self.pair.id, hop=self.hop.number, code=error.code)
                    await self._finish(event, part.part, HopState.DEAD, reason=error.for_people(), last=last)
                    return True
                await self._pause(backoff(refusals, self._rng))
                continue
            await self._finish(event, part.part, HopState.SENT, remote_id=remote_id, part=part, last=last)
            self.sent += 1
            return True

    def _after(self, error: Ambiguous | Unreachable, attempt: Attempt, failures: int) -> Attempt:
        if isinstance(error, Unreachable):
            return attempt
        return Attempt.KEYED if self.hop.key_lifetime(self.pair) and failures < MOST_REFUSALS else Attempt.UNSURE

    async def _later(self, event: StoredEvent, part: PartClaim, error: RetryLater, tries: int) -> bool:
        """The wait is on the row before it is waited for, so that it survives a restart."""
        await self._journal.settle(
            replace(self._outcome(event, part.part, HopState.WAITING), wait=error.retry_after, tries=tries)
        )
        if not await self._pause(error.retry_after):
            return False
        return await self._claim(event, (part,))

    async def _finish(
        self,
        event: StoredEvent,
        number: int,
        state: HopState,
        *,
        remote_id: int | None = None,
        reason: str = "",
        part: PartClaim | None = None,
        last: bool = True,
    ) -> None:
        if state is HopState.SENT and remote_id is None and part is not None and part.act is Act.POST:
            reason = "id unknown"
        outcome = self._outcome(event, number, state)
        wake = self._wake_other if last else None
        await self._journal.settle(replace(outcome, remote_id=remote_id, reason=reason, wake=wake))
        if last:
            self._settled(event)

    def _outcome(self, event: StoredEvent, part: int, state: HopState) -> Outcome:
        return Outcome(event.id, self.hop.number, part, self.hop.account(self.pair), state)

    async def _pause(self, seconds: float) -> bool:
        """Waits; False when the lane closed meanwhile."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self._closing and (left := until - loop.time()) > 0:
            self._signal.clear()
            try:
                async with asyncio.timeout(left):
                    await self._signal.wait()
            except TimeoutError:
                break
        return not self._closing


def _was_planned(rows: list[DueRow]) -> bool:
    return bool(rows) and rows[0].act is not Act.PLAN


def _part(row: DueRow) -> PartClaim:
    return PartClaim(row.part, row.act, row.source_message, row.rendered or "", row.key, row.remote_id)
