"""What is read from the pairs' tables. Reading needs no fence: every decision is made by a fenced write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import asyncpg

from pairs.journal import queries
from pairs.journal.payload import read_payload
from pairs.journal.rows import AGAIN, DueRow, Link, Look, Resolved, StoredEvent
from pairs.journal.statements import Statements
from pairs.models.delivery import Act, HopState
from project.core.message import EventKind, Message


class JournalReads(Statements):
    """The reading half of the journal."""

    async def due(self, pair_id: int, hop: int, limit: int) -> list[DueRow]:
        """Unfinished rows of a lane, oldest first."""
        return [_due(row) for row in await self._fetch(queries.DUE, pair_id, hop, limit)]

    async def look(
        self,
        sessions: Sequence[int],
        senders: Sequence[int],
        inbox_pairs: Iterable[int],
        lanes: Sequence[tuple[int, int]],
    ) -> Look:
        """Whether there is anything to do for these accounts, pairs and lanes (pair, hop): one cheap statement."""
        pairs, hops = [pair for pair, _ in lanes], [hop for _, hop in lanes]
        (row,) = await self._fetch(queries.LOOK, sessions, senders, list(inbox_pairs), pairs, hops)
        return Look(row["stamp"], row["inbox"], tuple(lanes[place - 1] for place in row["due"]))

    async def links(
        self, pair_id: int, scope: str, message_id: int, hop: int, *, with_gone: bool = False
    ) -> list[Link]:
        """Our living posts of a message on a hop, in reading order; `with_gone` also those that somebody else had
        deleted before we could."""
        rows = await self._fetch(queries.LINKS, pair_id, scope, message_id, hop, with_gone)
        return [Link(row["part"], row["remote_id"], row["source_message"], row["rendered"]) for row in rows]

    async def origin(self, pair_id: int, hop: int, remote_id: int) -> tuple[str, int] | None:
        """Scope and id of the message that one of our posts shows."""
        rows = await self._fetch(queries.ORIGIN, pair_id, hop, remote_id)
        return (rows[0]["scope"], rows[0]["message_id"]) if rows else None

    async def resolve(self, named: Sequence[tuple[int, str, int]]) -> list[Resolved]:
        """For deleted messages (pair, scope, id) of Discord channels: what they showed, whether they were journaled,
        and whether the delete was ours."""
        pairs, scopes, ids = [n[0] for n in named], [n[1] for n in named], [n[2] for n in named]
        rows = await self._fetch(queries.RESOLVE, pairs, scopes, ids) if named else []
        return [_resolved(row) for row in rows]

    async def last_link(self, pair_id: int, hop: int, *, tried_before: int = 0) -> int:
        """Highest remote id of the lane, 0 for none; of those tried before a time (Unix seconds), if given."""
        return int((await self._fetch(queries.LAST_LINK, pair_id, hop, tried_before))[0][0] or 0)

    async def known_remote(self, pair_id: int, hop: int, remote_ids: Sequence[int]) -> frozenset[int]:
        """Which of these remote ids are linked already, by this pair or another one of the same chat."""
        rows = await self._fetch(queries.KNOWN_REMOTE, pair_id, hop, list(remote_ids))
        return frozenset(row["remote_id"] for row in rows)

    async def message(self, pair_id: int, scope: str, message_id: int, *, before_revision: int) -> Message | None:
        """The newest content of a message below a revision, while retention keeps it."""
        rows = await self._fetch(queries.MESSAGE, pair_id, scope, message_id, before_revision)
        return read_payload(rows[0]["payload"], scope, message_id) if rows else None

    async def recent(self, pair_id: int, scope: str, age: timedelta, limit: int) -> list[int]:
        """Ids of recently relayed, not deleted messages: what a re-check looks at."""
        return [row["message_id"] for row in await self._fetch(queries.RECENT, pair_id, scope, age, limit)]

    async def inbox(self, pair_ids: Iterable[int], limit: int) -> list[asyncpg.Record]:
        """Inbox rows of these pairs that are due, in arrival order."""
        return await self._fetch(queries.INBOX, list(pair_ids), limit)

    async def pairs(self, sessions: Sequence[int], senders: Sequence[int]) -> list[asyncpg.Record]:
        """Pairs these sessions read, or these sender bots post for."""
        return await self._fetch(queries.PAIRS, list(sessions), list(senders))


def _resolved(row: asyncpg.Record) -> Resolved:
    origin = None if row["scope"] is None else (row["scope"], row["message_id"])
    return Resolved(origin, row["known"], by_us=True if row["done"] else None if row["open"] else False)


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
        message=None if payload is None else read_payload(payload, row["scope"], row["message_id"]),
        again=row["replays"] if row["key"] == AGAIN else 0,
    )
    return DueRow(
        event=event,
        part=row["part"],
        act=Act(row["act"]),
        state=HopState(row["state"]),
        source_message=row["source_message"],
        rendered=row["rendered"],
        key=row["key"],
        identity=row["identity"],
        age=row["age"],
        tries=row["tries"],
        troubled=row["troubled"],
        reason=row["reason"] if row["tries"] else "",
        wait=row["wait"],
        remote_id=row["remote_id"],
        hop1_open=row["hop1_open"],
        replays=row["replays"],
        overtaken=row["overtaken"],
    )
