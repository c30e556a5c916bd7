"""Parts, sent until the platform has decided about each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import msgspec
from msgspec.structs import replace

from pairs.journal.rows import WAS_GONE, Outcome, PartClaim, StoredEvent
from pairs.lane import attempts
from pairs.lane.backoff import backoff
from pairs.lane.config import PairConfig
from pairs.lane.gate import Gate
from pairs.lane.hop import Attempt, CopyGone, Hop
from pairs.lane.record import UNTROUBLED, Ahead, Record
from pairs.lane.trouble import Patience, Stuck, Trouble
from pairs.lane.waits import Waits
from pairs.models.delivery import Act, HopState
from project.core.errors import AccountDead, Ambiguous, Refused, RetryLater, TargetGone, Unreachable
from project.core.logs import get_logger

_log = get_logger(__name__)

MOST_REFUSALS = 3
COPY_GONE = "nothing is added to a copy that somebody deleted"


class Ready(msgspec.Struct, frozen=True):
    """A part that is committed as `sending`. `age` is seconds since its first attempt."""

    part: PartClaim
    attempt: Attempt = Attempt.FIRST
    age: float = 0.0
    trouble: Trouble = UNTROUBLED


@dataclass(frozen=True, slots=True)
class PutOff:
    """The part cannot go now, but after `wait` seconds; `attempt` says what is known of it by then."""

    attempt: Attempt
    wait: float
    trouble: Trouble


class PartSender:
    """Sends the parts of one lane. `sent` counts them; `ahead` is asked what to claim with the end of an event."""

    def __init__(
        self,
        *,
        pair: PairConfig,
        hop: Hop,
        record: Record,
        gate: Gate,
        waits: Waits,
        rng: Random,
        ahead: Callable[[StoredEvent], Sequence[Ahead]],
        patience: Patience,
    ) -> None:
        self.sent = 0
        self._patience = patience
        self._ahead = ahead
        self._pair = pair
        self._hop = hop
        self._record = record
        self._gate = gate
        self._waits = waits
        self._rng = rng
        self._lifetime = hop.key_lifetime(pair)
        self._clock = asyncio.get_running_loop().time

    def wait_before(self, part: PartClaim) -> float:
        """Seconds that the part has to wait, as far as is known here."""
        wait = self._waits.left(self._hop.wait_keys(self._pair, part)) if self._waits else 0.0
        return max(wait, self._hop.pause(self._pair)) if part.act is Act.POST else wait

    async def send_all(self, event: StoredEvent, parts: list[Ready]) -> bool | Stuck:
        """Sends parts in order. False when they cannot all go now: what was not tried is `waiting` again. Stuck when
        the message is suspected to be why the platform decides nothing."""
        for index, ready in enumerate(parts):
            last = index == len(parts) - 1
            try:
                put_off = await self._send(event, ready, last=last)
            except CopyGone:
                await self._record.outcome(event, ready.part.part, HopState.SKIPPED, reason=COPY_GONE, last=last)
                continue
            except (TargetGone, AccountDead):
                await self.put_back(event, parts[index:])
                raise
            if isinstance(put_off, Stuck):
                return put_off
            if put_off is not None:
                rest = [replace(ready, attempt=put_off.attempt, trouble=put_off.trouble), *parts[index + 1 :]]
                await self.put_back(event, rest, put_off.wait)
                return False
        return True

    async def put_back(self, event: StoredEvent, parts: Sequence[Ready], wait: float = 0.0) -> None:
        """The wait is on the rows before it is waited for, so that it survives a restart. What may stand already stays
        `sending`, since whoever goes on has to know."""
        for ready in parts:
            await self._record.outcome(event, ready.part.part, _put_back(ready), wait=wait, trouble=ready.trouble)

    async def probe(self, event: StoredEvent, parts: Sequence[Ready], suspect: Sequence[Outcome]) -> bool | None:
        """One attempt at the first part of a message behind a suspected one. True when it passed: it is committed
        together with what becomes of the suspect then. False when it fared no better. None when nothing was learnt."""
        ready, *rest = parts
        passed: bool | None = None
        wait = 0.0
        try:
            remote_id = await self._called(event, ready.part, ready.attempt)
        except RetryLater as error:
            self._waits.stop(error.scope, error.retry_after)
            wait = error.retry_after
        except Unreachable:
            passed = False
        except Ambiguous:
            passed, ready = False, replace(ready, attempt=Attempt.UNSURE)
        except (Refused, CopyGone):
            pass  # its own turn says what is wrong with it
        except (TargetGone, AccountDead):
            await self.put_back(event, parts)
            raise
        else:
            passed = True
            reason = _reason(ready.part, ready.attempt, remote_id)
            sent = self._record.of(
                event, ready.part.part, HopState.SENT, remote_id=remote_id, reason=reason, last=not rest
            )
            await self._record.together([*suspect, sent])
            self.sent += 1
        await self.put_back(event, rest if passed else [ready, *rest], wait)
        return passed

    async def _send(self, event: StoredEvent, ready: Ready, *, last: bool) -> PutOff | Stuck | None:
        """None when the platform has decided."""
        trying = _Trying(ready, self._lifetime, self._rng, self._clock)
        wait = trying.first_wait()
        while await self._gate.pause(max(wait, self.wait_before(ready.part))):
            try:
                remote_id = await self._called(event, ready.part, trying.attempt)
            except RetryLater as error:
                self._waits.stop(error.scope, error.retry_after)
                return PutOff(trying.attempt, error.retry_after, trying.trouble)
            except (Unreachable, Ambiguous, Refused, TargetGone) as error:
                if isinstance(error, TargetGone):
                    if error.stops_changes or ready.part.act is Act.POST:
                        raise
                    error = Refused(error.message, code=error.code)  # this edit or delete alone: new posts may go
                wait = trying.wait_after(error)
                if isinstance(error, Refused):
                    pass
                elif trying.trouble.suspicious(self._patience, self._clock()):
                    return Stuck(ready.part.part, trying.trouble)
                elif trying.trouble.tries > 1:  # one lost answer is no news
                    state = _put_back(replace(ready, attempt=trying.attempt))
                    await self._record.outcome(event, ready.part.part, state, trouble=trying.trouble)
                if trying.refusals == MOST_REFUSALS:
                    await self._refused(event, ready.part, error, last=last)
                    return None
                continue
            await self._sent(event, ready.part, remote_id, _reason(ready.part, trying.attempt, remote_id), last=last)
            return None
        return PutOff(trying.attempt, 0.0, trying.trouble)

    async def _called(self, event: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        self._record.calling()
        try:
            return await self._hop.perform(self._pair, event, part, attempt)
        finally:
            self._record.called()

    async def _sent(
        self, event: StoredEvent, part: PartClaim, remote_id: int | None, reason: str, *, last: bool
    ) -> None:
        await self._record.outcome(
            event,
            part.part,
            HopState.SENT,
            remote_id=remote_id,
            reason=reason,
            last=last,
            ahead=self._ahead(event) if last else (),
        )
        self.sent += 1

    async def _refused(
        self, event: StoredEvent, part: PartClaim, error: Unreachable | Ambiguous | Refused, *, last: bool
    ) -> None:
        _log.warning("message refused", pair=self._pair.id, hop=self._hop.number, seq=event.seq, code=error.code)
        await self._record.outcome(event, part.part, HopState.DEAD, reason=error.for_people(), last=last)


def _put_back(ready: Ready) -> HopState:
    return HopState.WAITING if ready.attempt is Attempt.FIRST else HopState.SENDING


class _Trying:
    """What the attempts at one part have shown so far."""

    def __init__(self, ready: Ready, lifetime: float, rng: Random, clock: Callable[[], float]) -> None:
        self.attempt = ready.attempt
        self.refusals = 0
        self.trouble = ready.trouble
        self._lifetime = lifetime
        self._rng = rng
        self._clock = clock
        self._began = self._clock() - ready.age

    def first_wait(self) -> float:
        """Seconds before the first attempt here: those of an earlier owner count."""
        return backoff(self.trouble.tries, self._rng) if self.trouble.tries else 0.0

    def wait_after(self, error: Unreachable | Ambiguous | Refused) -> float:
        """Seconds until the next attempt."""
        if isinstance(error, Refused):
            self.refusals += 1
            return backoff(self.refusals, self._rng)
        self.trouble = self.trouble.after(error.message, self._clock())
        wait = backoff(self.trouble.tries, self._rng)
        if isinstance(error, Unreachable):
            return wait
        age = self._clock() - self._began
        self.attempt = attempts.after_ambiguous(age=age, lifetime=self._lifetime, attempt=self.attempt)
        return max(wait, attempts.SETTLE_TIME) if self.attempt is Attempt.UNSURE else wait


def _reason(part: PartClaim, attempt: Attempt, remote_id: int | None) -> str:
    """What to remember of a part that is done. That a post was gone before our first attempt to delete it tells that
    somebody else deleted it; after a lost answer it may have been us."""
    if remote_id is not None:
        return ""
    if part.act is Act.DELETE:
        return WAS_GONE if attempt is Attempt.FIRST else ""
    return "id unknown" if part.act is Act.POST else ""
