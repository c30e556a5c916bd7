"""What people do on Discord arrives as Inbox rows; only the pair's owner makes events of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import asyncpg

from pairs.domain.keys import content_hash
from pairs.journal.journal import Journal
from pairs.journal.rows import BOTH_HOPS, ONLY_HOP_2, NewEvent, StoredEvent
from pairs.lane.config import PairConfig
from project.core.message import EventKind, decode

MOST = 200
UNKNOWN_WAIT = 2.0  # seconds: a moderator may delete a post before our own answer has told its id


class InboxIntake:
    """Turns Inbox rows into events, in arrival order."""

    def __init__(self, journal: Journal, journaled: Callable[[Sequence[StoredEvent]], None]) -> None:
        self._journal = journal
        self._journaled = journaled

    async def take(self, pairs: Mapping[int, PairConfig]) -> bool:
        """Takes up to 200 rows; True when there may be more."""
        rows = await self._journal.inbox(pairs, MOST) if pairs else []
        later: list[int] = []
        dropped: list[int] = []
        for row in rows:
            event = await self._event(pairs[row["pair_id"]], row)
            if event is None:
                (dropped if row["expired"] else later).append(row["id"])
                continue
            stored = await self._journal.append([event])
            self._journaled(stored)
        if later:
            await self._journal.inbox_later(later, UNKNOWN_WAIT)
        if dropped:
            await self._journal.inbox_drop(dropped)
        return len(rows) == MOST

    async def _event(self, pair: PairConfig, row: asyncpg.Record) -> NewEvent | None:
        """None: nothing is known of the message yet."""
        if row["act"] == EventKind.DELETE:
            return await self._delete(pair, row)
        message = decode(row["payload"])
        return NewEvent(
            pair_id=pair.id,
            generation=pair.generation,
            scope=row["scope"],
            message_id=row["message_id"],
            kind=EventKind(row["act"]),
            content_hash=content_hash(message),
            message=message,
            edited=message.edited or 0,
            hops=ONLY_HOP_2,
            inbox_id=row["id"],
        )

    async def _delete(self, pair: PairConfig, row: asyncpg.Record) -> NewEvent | None:
        """A person's own message, or a post of ours that a moderator removed: the latter goes on both hops, since
        further parts of it may stand."""
        origin = await self._journal.origin(pair.id, 1, row["message_id"])
        scope, message_id = origin or (row["scope"], row["message_id"])
        if origin is None and not await self._journal.knows(pair.id, scope, message_id):
            return None
        return NewEvent(
            pair_id=pair.id,
            generation=pair.generation,
            scope=scope,
            message_id=message_id,
            kind=EventKind.DELETE,
            content_hash=b"",
            message=None,
            hops=BOTH_HOPS if origin else ONLY_HOP_2,
            inbox_id=row["id"],
        )
