"""The journal's verbs. Every write is fenced: the writer's lease row is locked in the same statement."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

import asyncpg

from pairs.journal import records, sql
from pairs.journal.batch import MOST, Batcher
from pairs.journal.link import JournalLink
from pairs.journal.notices import Route, tell_stopped
from pairs.journal.reading import JournalReads
from pairs.journal.rows import Appended, NewEvent, Step, StoredEvent
from project.core.errors import FenceLost
from project.core.leases import Holding
from project.core.message import storable_text
from project.core.pg import Connection

# What the database says about one row's content, not about itself.
POISON = (
    asyncpg.DataError,
    asyncpg.InterfaceError,
    asyncpg.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)

# Seconds that a commit waits for company under load: in a burst an append when the one before it is this recent, a
# step while more calls of platforms are under way than steps wait. With many calls each takes far longer.
LINGER = 0.02
LINGER_IN_BURST = 0.15
BURST = 8  # calls

_Group = tuple[NewEvent, ...]
_Result = tuple[StoredEvent | None, bool]  # as stored, None for a replay; and whether its pair is ours


class Journal(JournalReads):
    """All that a session worker reads from and writes to the pairs' tables.

    `holdings` is the live map of the leases this process holds; the engine keeps it up to date.
    """

    def __init__(self, link: JournalLink, holdings: Mapping[str, Holding], principal: str) -> None:
        super().__init__(link)
        self._holdings = holdings
        self._principal = principal
        self._appends: Batcher[_Group, Sequence[_Result]] = Batcher(
            self._append, _names, POISON, self._more_events, self._linger
        )
        self._steps: Batcher[Step, tuple[bool, ...]] = Batcher(
            self._step, _rows, POISON, lambda: self.calls, self._linger
        )
        self._appended_at = -1.0
        self.calls = 0  # of platforms that are under way: a step follows each

    async def append(self, events: Sequence[NewEvent]) -> Appended:
        """Numbers and commits what is new among `events`; replays are left out, and so are pairs handed over.

        Raises FenceLost when this process no longer owns the session, one of POISON for an event that cannot be stored.
        """
        results = [result for group in _groups(events) for result in await self._appends.add(group)]
        stored = tuple(event for event, _ in results if event is not None)
        refused = {event.pair_id for event, (_, owned) in zip(events, results, strict=True) if not owned}
        return Appended(stored, frozenset(refused))

    async def commit(self, step: Step) -> tuple[bool, ...]:
        """Commits what became of parts, and parts as `sending` before their calls. For each claim: whether it was
        granted; not when its pair moved on, or when a part was settled already. Raises FenceLost."""
        return await self._steps.add(step)

    async def set_cursor(self, pair_id: int, generation: int, cursor: int) -> None:
        """Sets the first cursor of a new pair, unless it has one: relaying begins after this source message."""
        await self._execute(sql.SET_CURSOR, *self._own(), pair_id, cursor, generation)

    async def leave_out(self, generations: Mapping[int, int], *, upto: int, why: str) -> None:
        """These pairs (id: generation) go on after this message of their source; operators are told. A pair that has
        passed it already, or was handed over, is left alone."""
        pairs, known = list(generations), list(generations.values())
        await self._execute(sql.LEAVE_OUT, *self._own(), pairs, known, upto, why)

    async def stop_pair(self, pair_id: int, account: str, reason: str) -> None:
        """Puts the pair into `error` and tells operators, unless it stands already; its queue is kept."""
        reason = storable_text(reason)[:300]

        async def stop(connection: Connection) -> None:
            async with connection.transaction():
                route = await connection.fetchrow(sql.STOP_PAIR, *self._fences([account]), pair_id, reason, account)
                if route is not None:
                    await tell_stopped(connection, pair_id, Route(*route), reason)

        await self._link.run(stop)

    async def inbox_later(self, ids: Sequence[int], least: float, most: float) -> None:
        """Inbox rows that cannot be resolved yet wait as long as they have waited, within these seconds."""
        await self._execute(sql.INBOX_LATER, *self._own(), list(ids), least, most)

    async def inbox_drop(self, ids: Sequence[int]) -> None:
        """Inbox rows that never can be resolved."""
        await self._execute(sql.INBOX_DROP, *self._own(), list(ids))

    async def renew_webhook(self, pair_id: int, generation: int, *, former: int, new: int, sealed: bytes) -> None:
        """The pair posts through another webhook from now on, unless it is not ours any more or has another already."""
        await self._execute(sql.RENEW_WEBHOOK, *self._own(), pair_id, generation, former, new, sealed)

    async def move_source(self, generations: Mapping[int, int], *, former: int, new: int) -> None:
        """These pairs (id: generation) read another chat from its first message on: the one that theirs became. What
        was journaled keeps the scope it was written in. Those that were moved already are left alone."""
        pairs, known = list(generations), list(generations.values())
        await self._execute(sql.MOVE_SOURCE, *self._own(), pairs, known, former, new)

    async def tell_still(self, stopped: Sequence[str]) -> None:
        """Tells whoever changes these pairs ("pair:generation:account") that nothing of them runs here any more."""
        if stopped:
            await self._execute(sql.TELL_STILL, list(stopped))

    # --- statements

    def _more_events(self) -> int:
        """In a burst only: else a hot pair's messages would hold up those of the quiet ones beside it (P13)."""
        recent = asyncio.get_running_loop().time() - self._appended_at < LINGER_IN_BURST
        return MOST if recent and self.calls >= BURST else 0

    def _linger(self) -> float:
        return LINGER_IN_BURST if self.calls >= BURST else LINGER

    async def _append(self, groups: Sequence[_Group]) -> list[Sequence[_Result]]:
        self._appended_at = asyncio.get_running_loop().time()
        events = [event for group in groups for event in group]
        row = (await self._fetch(sql.APPEND, *self._own(), records.of_events(events)))[0]
        if not row["fenced"]:
            raise FenceLost(f"{self._principal}: the lease is no longer ours")
        stored: dict[int, StoredEvent] = {}
        numbers = zip(row["ords"] or (), row["ids"] or (), row["seqs"] or (), row["revisions"] or (), strict=True)
        for order, id_, seq, revision in numbers:
            stored[order] = _stored(events[order], id_, seq, revision)
        owned = set(zip(row["owned_pairs"] or (), row["owned_generations"] or (), strict=True))
        results = [(stored.get(n), (event.pair_id, event.generation) in owned) for n, event in enumerate(events)]
        starts = accumulate((len(group) for group in groups), initial=0)
        return [results[start : start + len(group)] for start, group in zip(starts, groups, strict=False)]

    async def _step(self, steps: Sequence[Step]) -> list[tuple[bool, ...]]:
        outcomes = [outcome for step in steps for outcome in step.outcomes]
        claims = [claim for step in steps for claim in step.claims]
        accounts = {outcome.account for outcome in outcomes} | {claim.account for claim in claims}
        arguments = records.of_outcomes(outcomes), records.of_claims(claims)
        row = (await self._fetch(sql.STEP, *self._fences(accounts), *arguments))[0]
        self._check_held(accounts, row)
        taken = Counter(zip(row["events"] or (), row["hops"] or (), strict=True))
        return [tuple(taken[claim.event_id, claim.hop] == len(claim.parts) for claim in step.claims) for step in steps]

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
        claimed=() if event.first is None else event.first.parts,
    )


def _names(group: _Group) -> set[Hashable]:
    return {_name(event) for event in group}


def _name(event: NewEvent) -> Hashable:
    return event.pair_id, event.scope, event.message_id


def _rows(step: Step) -> list[Hashable]:
    return [*((o.event_id, o.hop) for o in step.outcomes), *((c.event_id, c.hop) for c in step.claims)]


def _groups(events: Sequence[NewEvent]) -> Iterator[_Group]:
    """As few groups as possible in which no message appears twice for a pair: an edit has to find its original."""
    group: dict[Hashable, NewEvent] = {}
    for event in events:
        if _name(event) in group or len(group) == MOST:
            yield tuple(group.values())
            group = {}
        group[_name(event)] = event
    if group:
        yield tuple(group.values())
