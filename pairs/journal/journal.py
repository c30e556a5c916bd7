"""The journal's verbs. Every write is fenced: the writer's lease row is locked in the same statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from pairs.journal import columns, sql
from pairs.journal.batch import Batcher
from pairs.journal.link import JournalLink
from pairs.journal.reading import JournalReads
from pairs.journal.rows import Appended, Claim, NewEvent, Outcome, StoredEvent
from project.core.errors import FenceLost
from project.core.leases import Holding
from project.core.message import storable_text

# What the database says about one row's content, not about itself.
POISON = (asyncpg.DataError, asyncpg.InterfaceError, asyncpg.IntegrityConstraintViolationError, ValueError)


class Journal(JournalReads):
    """All that a session worker reads from and writes to the pairs' tables.

    `holdings` is the live map of the leases this process holds; the engine keeps it up to date.
    """

    def __init__(self, link: JournalLink, holdings: Mapping[str, Holding], principal: str) -> None:
        super().__init__(link)
        self._holdings = holdings
        self._principal = principal
        self._appends = Batcher(self._append, lambda event: (event.pair_id, event.scope, event.message_id), POISON)
        self._claims = Batcher(self._claim, lambda claim: (claim.event_id, claim.hop), POISON)
        self._outcomes = Batcher(self._settle, lambda outcome: (outcome.event_id, outcome.hop, outcome.part), POISON)

    async def append(self, events: Sequence[NewEvent]) -> Appended:
        """Numbers and commits what is new among `events`; replays are left out, and so are pairs handed over.

        Raises FenceLost when this process no longer owns the session, one of POISON for an event that cannot be stored.
        """
        results = await self._appends.add_all(events)
        stored = tuple(event for event, _ in results if event is not None)
        refused = {event.pair_id for event, (_, owned) in zip(events, results, strict=True) if not owned}
        return Appended(stored, frozenset(refused))

    async def claim(self, claim: Claim) -> bool:
        """Commits all parts as `sending`, before the call. False: the pair moved on, or a part was settled already.
        Raises FenceLost."""
        return await self._claims.add(claim)

    async def settle(self, outcome: Outcome) -> None:
        """Commits what became of a part. Raises FenceLost."""
        await self._outcomes.add(outcome)

    async def set_cursor(self, pair_id: int, generation: int, cursor: int) -> None:
        """Sets the first cursor of a new pair, unless it has one: relaying begins after this source message."""
        await self._execute(sql.SET_CURSOR, *self._own(), pair_id, cursor, generation)

    async def stop_pair(self, pair_id: int, account: str, reason: str) -> None:
        """Puts the pair into `error`; its queue is kept."""
        await self._execute(sql.STOP_PAIR, *self._fences([account]), pair_id, storable_text(reason)[:300])

    async def inbox_later(self, ids: Sequence[int], least: float, most: float) -> None:
        """Inbox rows that cannot be resolved yet wait as long as they have waited, within these seconds."""
        await self._execute(sql.INBOX_LATER, *self._own(), list(ids), least, most)

    async def inbox_drop(self, ids: Sequence[int]) -> None:
        """Inbox rows that never can be resolved."""
        await self._execute(sql.INBOX_DROP, *self._own(), list(ids))

    # --- statements

    async def _append(self, events: Sequence[NewEvent]) -> list[tuple[StoredEvent | None, bool]]:
        """For each event: as stored, None for a replay; and whether its pair is ours."""
        row = (await self._fetch(sql.APPEND, *self._own(), *columns.of_events(events)))[0]
        if not row["fenced"]:
            raise FenceLost(f"{self._principal}: the lease is no longer ours")
        stored: dict[int, StoredEvent] = {}
        numbers = zip(row["ords"] or (), row["ids"] or (), row["seqs"] or (), row["revisions"] or (), strict=True)
        for order, id_, seq, revision in numbers:
            stored[order - 1] = _stored(events[order - 1], id_, seq, revision)
        owned = set(zip(row["owned_pairs"] or (), row["owned_generations"] or (), strict=True))
        return [(stored.get(n), (event.pair_id, event.generation) in owned) for n, event in enumerate(events)]

    async def _claim(self, claims: Sequence[Claim]) -> list[bool]:
        flat = [(claim, part) for claim in claims for part in claim.parts]
        accounts = {claim.account for claim in claims}
        row = (await self._fetch(sql.CLAIM, *self._fences(accounts), *columns.of_claims(flat)))[0]
        self._check_held(accounts, row)
        taken = list(zip(row["events"] or (), row["hops"] or (), strict=True))
        return [taken.count((claim.event_id, claim.hop)) == len(claim.parts) for claim in claims]

    async def _settle(self, outcomes: Sequence[Outcome]) -> list[None]:
        accounts = {outcome.account for outcome in outcomes}
        row = (await self._fetch(sql.SETTLE, *self._fences(accounts), *columns.of_outcomes(outcomes)))[0]
        self._check_held(accounts, row)
        return [None] * len(outcomes)

    def _check_held(self, accounts: set[str], row: asyncpg.Record) -> None:
        if lost := accounts - set(row["held"] or ()):
            raise FenceLost(f"{', '.join(sorted(lost))}: no longer ours")

    def _own(self) -> tuple[str, str, int]:
        holding = self._holding(self._principal)
        return holding.account, holding.owner, holding.epoch

    def _fences(self, accounts: Iterable[str]) -> tuple[list[str], list[str], list[int]]:
        held = [self._holding(account) for account in accounts]
        return [h.account for h in held], [h.owner for h in held], [h.epoch for h in held]

    def _holding(self, account: str) -> Holding:
        try:
            return self._holdings[account]
        except KeyError:
            raise FenceLost(f"{account}: not held by this process") from None


def _stored(event: NewEvent, id_: int, seq: int, revision: int) -> StoredEvent:
    return StoredEvent(
        id=id_,
        pair_id=event.pair_id,
        seq=seq,
        scope=event.scope,
        message_id=event.message_id,
        revision=revision,
        kind=event.kind,
        hops=event.hops,
        message=event.message,
    )
