"""One hop of one pair: commits the next event's parts as `sending`, sends them, commits what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import asyncpg

from pairs.journal.journal import POISON, Journal
from pairs.journal.link import LinkClosed
from pairs.journal.rows import AnyEvent, DueRow, FirstParts, NewEvent, Outcome, PartClaim, StoredEvent
from pairs.lane import attempts
from pairs.lane.attempts import attempt_of, first_attempt, settle_wait
from pairs.lane.backoff import backoff
from pairs.lane.config import PairConfig
from pairs.lane.gate import Gate
from pairs.lane.hop import Attempt, Hop
from pairs.lane.parts import MOST_REFUSALS, PartSender, Ready
from pairs.lane.queue import LaneQueue, Work
from pairs.lane.record import Ahead, Record
from pairs.lane.trouble import Patience, Stuck, Trouble
from pairs.lane.waits import Waits
from pairs.models.delivery import HopState
from project.core.errors import AccountDead, Ambiguous, FenceLost, Refused, RetryLater, TargetGone, Unreachable
from project.core.logs import get_logger

_log = get_logger(__name__)

OVERTAKEN = "superseded by a later edit or delete"
LONG = 10.0  # seconds after which a wait ends with another look at the journal


class Lane:
    """Runs until closed. `settled` is called for each event this hop is through with, `following` just before, for what
    the next hop can claim with its end; `tell` names the account whose process works the next hop, when that is another
    process."""

    def __init__(
        self,
        *,
        pair: PairConfig,
        hop: Hop,
        journal: Journal,
        settled: Callable[[StoredEvent], None],
        following: Callable[[StoredEvent], Ahead | None],
        tell: Callable[[PairConfig], str | None],
        waits: Waits,
        rng: Random,
        patience: Patience | None = None,
    ) -> None:
        self.pair = pair
        self.hop = hop
        self._journal = journal
        self._settled = settled
        self._following = following
        self._rng = rng
        self._gate = Gate()
        self._record = Record(journal, pair, hop, tell)
        self._sender = PartSender(
            pair=pair,
            hop=hop,
            record=self._record,
            gate=self._gate,
            waits=waits,
            rng=rng,
            ahead=self._ahead,
            patience=patience or Patience(),
        )
        self._clock = asyncio.get_running_loop().time
        self._queue = LaneQueue(lambda limit: journal.due(pair.id, hop.number, limit), self._clock)
        self._prepared: tuple[str, int] | None = None  # the message that is being journaled as `sending`
        self._crashes = (0, 0)  # event id, times it broke the lane
        self._overtook: StoredEvent | None = None  # sent in place of the one before it, and through
        self.idle = False

    @property
    def sent(self) -> int:
        """Parts sent since start."""
        return self._sender.sent

    # --- news

    def prepare(self, event: NewEvent) -> FirstParts | None:
        """The parts of an event about to be journaled, when it would go out at once: they are journaled as `sending`.
        At most one event at a time, so that a crash leaves no more than one part in doubt."""
        if not self.idle or self._prepared or not self._queue.exhausted:
            return None
        parts = self._parts_at_once(event)
        if not parts:
            return None
        self._prepared = (event.scope, event.message_id)
        return self._record.first(parts)

    def offer(self, event: StoredEvent, *, hop1_open: bool) -> None:
        """A freshly journaled event."""
        claimed = event.claimed if self.hop.number == 1 else ()
        if claimed and self._prepared != (event.scope, event.message_id):
            self._queue.refresh()  # claimed by a lane that ended meanwhile
        else:
            self._queue.offer(Work(event, hop1_open, claimed=claimed))
        self._gate.ring()

    def prepare_head(self, event: StoredEvent) -> Ahead | None:
        """The claim of an event that this lane will send as soon as hop 1 is through with it."""
        work = self._queue.first
        return self._ahead_of(work) if self.idle and work is not None and work.event.id == event.id else None

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
                await self._rest()
                continue
            try:
                finished = await self._work(work)
            except TargetGone as error:
                _log.warning("pair stopped", pair=self.pair.id, hop=self.hop.number, code=error.code)
                await self._record.stop_pair(error.for_people())
                break
            if finished:
                self._queue.done(work)
                self._settled(work.event)
            if self._overtook is not None:
                self._settled(self._overtook)
                self._overtook = None
        await self._release()

    async def _rest(self) -> None:
        self._prepared = None
        self.idle = True
        await self._gate.news()
        self.idle = False

    async def _release(self) -> None:
        """What was claimed ahead and never tried is for the next owner to send, without any doubt."""
        work = self._queue.first
        if work is not None and work.claimed:
            await self._sender.put_back(work.event, [Ready(part) for part in work.claimed])

    async def _work(self, work: Work) -> bool:
        """True when the hop is through with the event. A message that breaks our own code may not stop the lane: after
        three times it is set aside."""
        try:
            parts = await self._parts(work)
            if parts is not None:
                done = await self._sender.send_all(work.event, parts)
                if isinstance(done, Stuck):
                    done = await self._suspect(work, parts, done)
                if done:
                    return True
        except (TargetGone, AccountDead, FenceLost, LinkClosed):
            self._queue.forget()  # the rows say what is left of it
            raise
        except Exception as error:
            if isinstance(error, asyncpg.PostgresError) and not isinstance(error, POISON):
                raise  # not the message's fault
            return await self._survive(work, error)
        self._queue.forget()
        return False

    async def _parts(self, work: Work) -> list[Ready] | None:
        if work.claimed:
            return [Ready(part) for part in work.claimed]
        return await (self._resume(work) if work.planned else self._plan(work))

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

    async def _suspect(self, work: Work, parts: Sequence[Ready], stuck: Stuck) -> bool:
        """The platform has decided nothing about this message for minutes. It is put aside for one attempt at the next
        one: when that passes, this one is the cause, and a dead letter that says so; when that fares no better, it is
        an outage, and this one goes on being tried. Its rows stay `sending`, with what was tried, so a crash in between
        changes nothing. True when the hop is through with it."""
        if not await self._gate.pause(attempts.SETTLE_TIME):
            return False
        left = [ready.part for ready in parts if ready.part.part >= stuck.part]
        event, found = work.event, await self._looked(work, left[0])
        if found is not None:
            await self._record.outcome(event, stuck.part, HopState.SENT, remote_id=found, last=len(left) == 1)
            await self._sender.put_back(event, [Ready(part) for part in left[1:]])
            return len(left) == 1
        reason = _gave_up(stuck)
        dead = [self._record.of(event, part.part, HopState.DEAD, reason=reason, last=True) for part in left]
        passed = await self._next_passes(work, dead)
        if passed:
            self._queue.forget()  # what is left of the next one stands in the rows
            _log.warning("message set aside", pair=self.pair.id, hop=self.hop.number, seq=event.seq, reason=reason)
            return True
        trouble = stuck.trouble.shared() if passed is False else stuck.trouble
        await self._sender.put_back(event, [Ready(left[0], Attempt.UNSURE, trouble=trouble)])
        await self._sender.put_back(event, [Ready(part) for part in left[1:]])
        if passed is False:
            await self._gate.pause(backoff(stuck.trouble.tries, self._rng))
        return False

    async def _looked(self, work: Work, part: PartClaim) -> int | None:
        try:
            return await self.hop.look(self.pair, work.event, part)
        except (RetryLater, Unreachable, Ambiguous, Refused):
            return None  # it was looked for before each of the last attempts

    async def _next_passes(self, work: Work, dead: Sequence[Outcome]) -> bool | None:
        """None when no message behind this one can be tried, or nothing was learnt of it."""
        other = self._queue.behind(work)
        if other is None:
            return None
        parts: Sequence[Ready] | None = None
        try:
            parts = await self._parts(other)
            if not parts:
                if parts is not None:
                    self._overtook = other.event  # there was nothing to send
                return None
            passed = await self._sender.probe(other.event, parts, dead)
            if passed and len(parts) == 1:
                self._overtook = other.event
            return passed
        except POISON as error:  # its own turn says what is wrong with it
            _log.debug("the next one cannot be tried", pair=self.pair.id, error=type(error).__name__)
            return None

    async def _finish(self, work: Work, state: HopState, reason: str) -> None:
        """All that is unfinished of the event ends in one state."""
        parts = [row.part for row in work.rows] or [part.part for part in work.claimed] or [0]
        for part in parts:
            await self._record.outcome(work.event, part, state, reason=reason, last=part == parts[-1])

    async def _plan(self, work: Work) -> list[Ready] | None:
        """The event's parts, committed. None: not now. Planned anew after each wait, since more may have happened."""
        wait = work.wait_left(self._clock())
        while await self._gate.pause(wait):
            if wait > LONG:
                return None
            if self._queue.overtaken(work):
                await self._finish(work, HopState.SKIPPED, OVERTAKEN)
                return []
            plan = await self.hop.plan(self.pair, work.event)
            if not plan.parts:
                await self._finish(work, HopState.SKIPPED, plan.reason)
                return []
            wait = self._sender.wait_before(plan.parts[0])
            if not wait:
                attempt = first_attempt(work.event, work.rows, resumed_at=self.pair.resumed_at)
                return await self._committed(work.event, [Ready(part, attempt) for part in plan.parts], plan.parts)
        return None

    async def _resume(self, work: Work) -> list[Ready] | None:
        """What an earlier owner, or an earlier attempt, left unfinished."""
        ready = self._ready(work)
        rows = [(row, item.attempt) for row, item in zip(work.rows, ready, strict=True)]
        elapsed = self._clock() - work.read_at
        wait = max(work.wait_left(self._clock()), settle_wait(rows, elapsed=elapsed))
        if not await self._gate.pause(wait):
            return None
        untouched = work.rows[0].part == 0 and all(attempt is Attempt.FIRST for _, attempt in rows)
        if untouched and self._queue.overtaken(work):
            await self._finish(work, HopState.SKIPPED, OVERTAKEN)
            return []
        untried = [_part(row) for row in work.rows if row.state is HopState.WAITING]
        return await self._committed(work.event, self._ready(work), untried)

    def _ready(self, work: Work) -> list[Ready]:
        elapsed = self._clock() - work.read_at
        lifetime, identity = self.hop.key_lifetime(self.pair), self.hop.identity(self.pair)
        ready = []
        for row in work.rows:
            attempt = attempt_of(
                row, identity=identity, lifetime=lifetime, elapsed=elapsed, resumed_at=self.pair.resumed_at
            )
            age = 0.0 if attempt is Attempt.FIRST else (row.age or 0.0) + elapsed
            since = None if row.troubled is None else self._clock() - row.troubled - elapsed
            ready.append(Ready(_part(row), attempt, age, Trouble(row.tries, since, row.reason)))
        return ready

    async def _committed(
        self, event: StoredEvent, ready: list[Ready], untried: Sequence[PartClaim]
    ) -> list[Ready] | None:
        """The parts, once those never tried are `sending`."""
        if not untried or await self._record.sending(event, untried):
            return ready
        await self._gate.pause(backoff(1, self._rng))  # handed over: the engine will close this lane
        return None

    # --- looking ahead

    def _ahead(self, event: StoredEvent) -> Sequence[Ahead]:
        """What can be claimed with the end of an event: its next hop, and the next event of this lane."""
        second = self._queue.second
        candidates = (
            self._following(event),
            None if second is None or second.hop1_open else self._ahead_of(second),
        )
        return [item for item in candidates if item is not None]

    def _ahead_of(self, work: Work) -> Ahead | None:
        if self._gate.closing or work.claimed or not work.untouched or self._queue.overtaken(work):
            return None
        parts = self._parts_at_once(work.event, work.rows)
        return Ahead(work, self._record.claim(work.event, parts)) if parts else None

    def _parts_at_once(self, event: AnyEvent, rows: Sequence[DueRow] = ()) -> tuple[PartClaim, ...]:
        """Its parts when they can be sent now, and were certainly never sent; none otherwise."""
        if first_attempt(event, rows, resumed_at=self.pair.resumed_at) is not Attempt.FIRST:
            return ()
        try:
            plan = self.hop.plan_at_once(self.pair, event)
        except Exception as error:  # it would break the event before it; its own turn says what is wrong with it
            _log.debug("cannot be planned ahead", pair=self.pair.id, hop=self.hop.number, error=type(error).__name__)
            return ()
        return plan.parts if plan and plan.parts and not self._sender.wait_before(plan.parts[0]) else ()


def _gave_up(stuck: Stuck) -> str:
    why = stuck.trouble.reason.rstrip(".")
    return f"{why}: tried {stuck.trouble.tries} times in vain, while the message behind it went through."


def _part(row: DueRow) -> PartClaim:
    return PartClaim(row.part, row.act, row.source_message, row.rendered or "", row.key, row.remote_id)
