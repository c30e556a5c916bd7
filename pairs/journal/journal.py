"""The journal's verbs. Every write is fenced: the writer's lease row is locked in the same statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from pairs.journal import sql
from pairs.journal.batch import Batcher
from pairs.journal.link import JournalLink
from pairs.journal.rows import Claim, DueRow, Link, NewEvent, Outcome, PartClaim, StoredEvent
from pairs.models.delivery import Act, HopState
from project.core.errors import FenceLost
from project.core.leases import Holding
from project.core.message import EventKind, Message, decode, encode


class Journal:
    """All that a session worker reads from and writes to the pairs' tables.

    `holdings` is the live map of the leases this process holds; the engine keeps it up to date.
    """

    def __init__(self, link: JournalLink, holdings: Mapping[str, Holding], principal: str) -> None:
        self._link = link
        self._holdings = holdings
        self._principal = principal
        self._appends = Batcher(self._append, lambda event: (event.pair_id, event.scope, event.message_id))
        self._claims = Batcher(self._claim, lambda claim: (claim.event_id, claim.hop))
        self._outcomes = Batcher(self._settle, lambda outcome: (outcome.event_id, outcome.hop, outcome.part))

    # --- writing

    async def append(self, events: Sequence[NewEvent]) -> list[StoredEvent]:
        """Numbers and commits what is new among `events`; replays and events of pairs handed over are left out.

        Raises FenceLost when this process no longer owns the session.
        """
        stored = await self._appends.add_all(events)
        return [event for event in stored if event is not None]

    async def claim(self, claim: Claim) -> bool:
        """Commits all parts as `sending`, before the call. False: the pair moved on, or all was settled already."""
        return await self._claims.add(claim)

    async def settle(self, outcome: Outcome) -> None:
        """Commits what became of a part. Raises FenceLost."""
        await self._outcomes.add(outcome)

    async def set_cursor(self, pair_id: int, generation: int, cursor: int) -> None:
        """Sets the first cursor of a new pair: relaying begins after this source message."""
        await self._execute(sql.SET_CURSOR, *self._own(), pair_id, cursor, generation)

    async def stop_pair(self, pair_id: int, reason: str) -> None:
        """Puts the pair into `error`; its queue is kept."""
        await self._execute(sql.STOP_PAIR, *self._fences(self._holdings), pair_id, reason[:300])

    async def inbox_later(self, ids: Sequence[int], seconds: float) -> None:
        """Inbox rows that cannot be resolved yet wait this long."""
        await self._execute(sql.INBOX_LATER, *self._own(), list(ids), seconds)

    async def inbox_drop(self, ids: Sequence[int]) -> None:
        """Inbox rows that never can be resolved."""
        await self._execute(sql.INBOX_DROP, *self._own(), list(ids))

    # --- reading

    async def due(self, pair_id: int, hop: int, after_seq: int, limit: int) -> list[DueRow]:
        """Unfinished rows of a lane, oldest first."""
        return [_due(row) for row in await self._fetch(sql.DUE, pair_id, hop, after_seq, limit)]

    async def due_pairs(self, pair_ids: Sequence[int], hop: int) -> list[int]:
        """Those of the pairs that have anything due on a hop."""
        return [row["pair_id"] for row in await self._fetch(sql.DUE_PAIRS, list(pair_ids), hop)]

    async def links(self, pair_id: int, scope: str, message_id: int, hop: int) -> list[Link]:
        """Our living posts of a message on a hop, in reading order."""
        rows = await self._fetch(sql.LINKS, pair_id, scope, message_id, hop)
        return [Link(row["part"], row["remote_id"], row["source_message"], row["rendered"]) for row in rows]

    async def origin(self, pair_id: int, hop: int, remote_id: int) -> tuple[str, int] | None:
        """Scope and id of the message that one of our posts shows."""
        rows = await self._fetch(sql.ORIGIN, pair_id, hop, remote_id)
        return (rows[0]["scope"], rows[0]["message_id"]) if rows else None

    async def last_link(self, pair_id: int, hop: int) -> int:
        """Highest remote id of the lane, 0 for none."""
        return int((await self._fetch(sql.LAST_LINK, pair_id, hop))[0][0] or 0)

    async def known_remote(self, pair_id: int, hop: int, remote_ids: Sequence[int]) -> frozenset[int]:
        """Which of these remote ids are linked already."""
        rows = await self._fetch(sql.KNOWN_REMOTE, pair_id, hop, list(remote_ids))
        return frozenset(row["remote_id"] for row in rows)

    async def message(self, pair_id: int, scope: str, message_id: int, *, before_revision: int) -> Message | None:
        """The newest content of a message below a revision, while retention keeps it."""
        rows = await self._fetch(sql.MESSAGE, pair_id, scope, message_id, before_revision)
        return decode(rows[0]["payload"]) if rows else None

    async def knows(self, pair_id: int, scope: str, message_id: int) -> bool:
        """Whether the message was ever journaled for the pair."""
        return bool(await self._fetch(sql.KNOWS, pair_id, scope, message_id))

    async def recent(self, pair_id: int, scope: str, age: timedelta, limit: int) -> list[int]:
        """Ids of recently relayed, not deleted messages: what a re-check looks at."""
        return [row["message_id"] for row in await self._fetch(sql.RECENT, pair_id, scope, age, limit)]

    async def inbox(self, pair_ids: Iterable[int], limit: int) -> list[asyncpg.Record]:
        """Inbox rows of these pairs that are due, in arrival order."""
        return await self._fetch(sql.INBOX, list(pair_ids), limit)

    async def pairs(self, sessions: Sequence[int], senders: Sequence[int]) -> list[asyncpg.Record]:
        """Pairs these sessions read, or these sender bots post for."""
        return await self._fetch(sql.PAIRS, list(sessions), list(senders))

    # --- statements

    async def _append(self, events: Sequence[NewEvent]) -> list[StoredEvent | None]:
        row = (await self._fetch(sql.APPEND, *self._own(), *_append_columns(events)))[0]
        if not row["fenced"]:
            raise FenceLost(f"{self._principal}: the lease is no longer ours")
        stored: list[StoredEvent | None] = [None] * len(events)
        numbers = zip(row["ords"] or (), row["ids"] or (), row["seqs"] or (), row["revisions"] or (), strict=True)
        for order, id_, seq, revision in numbers:
            event = events[order - 1]
            stored[order - 1] = StoredEvent(
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
        return stored

    async def _claim(self, claims: Sequence[Claim]) -> list[bool]:
        flat = [(claim, part) for claim in claims for part in claim.parts]
        accounts = {claim.account for claim in claims}
        rows = await self._fetch(sql.CLAIM, *self._fences(accounts), *_claim_columns(flat))
        taken = {(row["event_id"], row["hop"]) for row in rows}
        return [(claim.event_id, claim.hop) in taken for claim in claims]

    async def _settle(self, outcomes: Sequence[Outcome]) -> list[None]:
        accounts = {outcome.account for outcome in outcomes}
        row = (await self._fetch(sql.SETTLE, *self._fences(accounts), *_outcome_columns(outcomes)))[0]
        if accounts - set(row["held"] or ()):
            raise FenceLost(f"{', '.join(sorted(accounts))}: a lease is no longer ours")
        return [None] * len(outcomes)

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

    async def _fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self._link.run(lambda connection: connection.fetch(statement, *arguments))

    async def _execute(self, statement: str, *arguments: Any) -> None:
        await self._link.run(lambda connection: connection.execute(statement, *arguments))


def _append_columns(events: Sequence[NewEvent]) -> tuple[list[Any], ...]:
    return (
        [event.pair_id for event in events],
        [event.generation for event in events],
        [event.scope for event in events],
        [event.message_id for event in events],
        [event.kind.value for event in events],
        [event.content_hash for event in events],
        [None if event.message is None else encode(event.message) for event in events],
        [event.edited for event in events],
        [event.cursor_to for event in events],
        [event.hops for event in events],
        [event.inbox_id for event in events],
    )


def _claim_columns(flat: Sequence[tuple[Claim, PartClaim]]) -> tuple[list[Any], ...]:
    return (
        [claim.account for claim, _ in flat],
        [claim.event_id for claim, _ in flat],
        [claim.pair_id for claim, _ in flat],
        [claim.seq for claim, _ in flat],
        [claim.hop for claim, _ in flat],
        [part.part for _, part in flat],
        [part.act.value for _, part in flat],
        [part.source_message for _, part in flat],
        [part.rendered for _, part in flat],
        [part.key for _, part in flat],
        [claim.identity for claim, _ in flat],
        [part.target for _, part in flat],
        [claim.generation for claim, _ in flat],
    )


def _outcome_columns(outcomes: Sequence[Outcome]) -> tuple[list[Any], ...]:
    return (
        [outcome.account for outcome in outcomes],
        [outcome.event_id for outcome in outcomes],
        [outcome.hop for outcome in outcomes],
        [outcome.part for outcome in outcomes],
        [outcome.state.value for outcome in outcomes],
        [outcome.remote_id for outcome in outcomes],
        [outcome.reason[:200] for outcome in outcomes],
        [outcome.tries for outcome in outcomes],
        [outcome.wait for outcome in outcomes],
        [outcome.wake for outcome in outcomes],
    )


def _due(row: asyncpg.Record) -> DueRow:
    payload = row["payload"]
    event = StoredEvent(
        id=row["event_id"],
        pair_id=row["pair_id"],
        seq=row["seq"],
        scope=row["scope"],
        message_id=row["message_id"],
        revision=row["revision"],
        kind=EventKind(row["kind"]),
        hops=0,
        message=None if payload is None else decode(payload),
    )
    return DueRow(
        id=row["id"],
        event=event,
        part=row["part"],
        act=Act(row["act"]),
        state=HopState(row["state"]),
        source_message=row["source_message"],
        rendered=row["rendered"],
        key=row["key"],
        identity=row["identity"],
        attempted_at=row["attempted_at"],
        tries=row["tries"],
        wait=row["wait"],
        remote_id=row["remote_id"],
        hop1_open=row["hop1_open"],
    )
