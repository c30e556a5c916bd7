"""A lane's writes: what it is about to send, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from pairs.journal.journal import Journal
from pairs.journal.rows import Claim, FirstParts, Outcome, PartClaim, Step, StoredEvent
from pairs.lane.config import PairConfig
from pairs.lane.hop import Hop
from pairs.lane.queue import Work
from pairs.lane.trouble import Trouble
from pairs.models.delivery import HopState

UNTROUBLED = Trouble()


class Ahead(msgspec.Struct, frozen=True):
    """A work that is claimed in the same commit that ends the one before it."""

    work: Work
    claim: Claim


class Record:
    """One lane's side of the journal. `tell` names the account whose process works the next hop, if another one."""

    def __init__(self, journal: Journal, pair: PairConfig, hop: Hop, tell: Callable[[PairConfig], str | None]) -> None:
        self._journal = journal
        self._pair = pair
        self._tell = tell
        self._hop = hop.number
        self._account = hop.account(pair)
        self._identity = hop.identity(pair)
        by_session = hop.number == 1 or pair.sender == pair.session  # changes hands with the pair
        self._generation = pair.generation if by_session else None

    def first(self, parts: Sequence[PartClaim]) -> FirstParts:
        """Parts of an event that is not journaled yet."""
        return FirstParts(self._identity, tuple(parts))

    def claim(self, event: StoredEvent, parts: Sequence[PartClaim]) -> Claim:
        """Parts about to be sent."""
        return Claim(
            event_id=event.id,
            pair_id=event.pair_id,
            seq=event.seq,
            hop=self._hop,
            account=self._account,
            generation=self._generation,
            identity=self._identity,
            parts=tuple(parts),
        )

    async def sending(self, event: StoredEvent, parts: Sequence[PartClaim]) -> bool:
        """Commits the parts before they are sent. False: this lane may not send them any more."""
        return all(await self._journal.commit(Step(claims=(self.claim(event, parts),))))

    async def outcome(
        self,
        event: StoredEvent,
        part: int,
        state: HopState,
        *,
        remote_id: int | None = None,
        reason: str = "",
        wait: float | None = None,
        trouble: Trouble = UNTROUBLED,
        last: bool = False,
        ahead: Sequence[Ahead] = (),
    ) -> None:
        """Commits what became of a part; after the `last` one of the event the next hop's process is told. Works
        `ahead` are claimed with it."""
        outcome = self.of(event, part, state, remote_id=remote_id, reason=reason, wait=wait, trouble=trouble, last=last)
        for item in ahead:
            item.work.claiming = True
        try:
            granted = await self._journal.commit(Step((outcome,), tuple(item.claim for item in ahead)))
        finally:
            for item in ahead:
                item.work.claiming = False
        for item, yes in zip(ahead, granted, strict=True):
            item.work.claimed = item.claim.parts if yes else ()

    def of(
        self,
        event: StoredEvent,
        part: int,
        state: HopState,
        *,
        remote_id: int | None = None,
        reason: str = "",
        wait: float | None = None,
        trouble: Trouble = UNTROUBLED,
        last: bool = False,
    ) -> Outcome:
        """What became of a part, to be committed."""
        return Outcome(
            event_id=event.id,
            pair_id=event.pair_id,
            hop=self._hop,
            part=part,
            account=self._account,
            generation=self._generation,
            state=state,
            remote_id=remote_id,
            reason=reason or trouble.reason,
            tries=trouble.tries,
            troubled=None if trouble.since is None else trouble.lasts(asyncio.get_running_loop().time()),
            wait=wait,
            tell=self._tell(self._pair) if last else None,
        )

    async def together(self, outcomes: Sequence[Outcome]) -> None:
        """Commits several outcomes, of different events, at once."""
        await self._journal.commit(Step(tuple(outcomes)))

    def calling(self) -> None:
        """A call of a platform begins: the journal expects what becomes of it."""
        self._journal.calls += 1

    def called(self) -> None:
        """The call is over."""
        self._journal.calls -= 1

    async def stop_pair(self, reason: str) -> None:
        """The pair goes into `error`."""
        await self._journal.stop_pair(self._pair.id, self._account, f"hop {self._hop}: {reason}")
