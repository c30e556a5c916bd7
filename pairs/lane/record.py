"""A lane's writes: what it is about to send, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from pairs.journal.journal import Journal
from pairs.journal.rows import Claim, Outcome, PartClaim, StoredEvent
from pairs.lane.config import PairConfig
from pairs.lane.hop import Hop
from pairs.models.delivery import HopState


class Record:
    """One lane's side of the journal. `wake` names the account whose process works the next hop, if another one."""

    def __init__(self, journal: Journal, pair: PairConfig, hop: Hop, wake: str | None) -> None:
        self._journal = journal
        self._pair = pair
        self._hop = hop
        self._wake = wake

    async def sending(self, event: StoredEvent, parts: Sequence[PartClaim]) -> bool:
        """Commits the parts before they are sent. False: this lane may not send them any more."""
        claim = Claim(
            event_id=event.id,
            pair_id=event.pair_id,
            seq=event.seq,
            hop=self._hop.number,
            account=self._hop.account(self._pair),
            generation=self._generation(),
            identity=self._hop.identity(self._pair),
            parts=tuple(parts),
        )
        return await self._journal.claim(claim)

    async def outcome(
        self,
        event: StoredEvent,
        part: int,
        state: HopState,
        *,
        remote_id: int | None = None,
        reason: str = "",
        wait: float | None = None,
        last: bool = False,
    ) -> None:
        """Commits what became of a part; after the `last` one of the event the next hop's process is told."""
        await self._journal.settle(
            Outcome(
                event_id=event.id,
                pair_id=event.pair_id,
                hop=self._hop.number,
                part=part,
                account=self._hop.account(self._pair),
                generation=self._generation(),
                state=state,
                remote_id=remote_id,
                reason=reason,
                wait=wait,
                wake=self._wake if last else None,
            )
        )

    async def stop_pair(self, reason: str) -> None:
        """The pair goes into `error`."""
        account = self._hop.account(self._pair)
        await self._journal.stop_pair(self._pair.id, account, f"hop {self._hop.number}: {reason}")

    def _generation(self) -> int | None:
        return self._pair.generation if self._hop.number == 1 else None
