"""What people do on Discord arrives as Inbox rows; only the pair's owner makes events of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import asyncpg

from pairs.domain.keys import content_hash
from pairs.intake.events import unreadable
from pairs.journal.journal import POISON, Journal
from pairs.journal.payload import read_payload
from pairs.journal.rows import BOTH_HOPS, ONLY_HOP_2, NewEvent, Resolved, StoredEvent
from pairs.lane.config import PairConfig
from project.core.logs import get_logger
from project.core.message import EventKind

_log = get_logger(__name__)

MOST = 200
# A moderator may delete a post before our own answer has told its id: such a row waits, longer each time (seconds).
LEAST_WAIT = 2.0
MOST_WAIT = 60.0


class _NoEvent(Enum):
    """Why a row makes no event."""

    UNKNOWN = auto()  # nothing is known of the message yet
    UNDECIDED = auto()  # our own delete of it is under way: its outcome tells whose the delete was
    OURS = auto()  # the echo of our own delete


@dataclass(frozen=True, slots=True)
class Taken:
    """`more`: there may be rows that can be taken now. `put_off`: some have to wait, 2 s at least."""

    more: bool = False
    put_off: bool = False


class InboxIntake:
    """Turns Inbox rows into events, in arrival order. `tell` names a pair's sender, when another process has it."""

    def __init__(
        self,
        journal: Journal,
        journaled: Callable[[Sequence[StoredEvent]], None],
        tell: Callable[[PairConfig], str | None],
    ) -> None:
        self._journal = journal
        self._journaled = journaled
        self._tell = tell

    async def take(self, pairs: Mapping[int, PairConfig]) -> Taken:
        """Takes up to 200 rows."""
        rows = await self._journal.inbox(pairs, MOST) if pairs else []
        if not rows:
            return Taken()
        events = await self._events(pairs, rows)
        refused = await self._append([event for event in events if isinstance(event, NewEvent)])
        later, never = _left(rows, events)
        await self._put_off(later)
        await self._drop(never)
        return Taken(more=len(rows) == MOST and not refused, put_off=bool(later))

    async def _append(self, events: Sequence[NewEvent]) -> frozenset[int]:
        """Pairs that are not ours any more: their rows stay for the new owner."""
        if not events:
            return frozenset()
        try:
            appended = await self._journal.append(events)
        except POISON:
            single = len(events) == 1
            parts = [await self._append([unreadable(event) if single else event]) for event in events]
            return frozenset().union(*parts)
        self._journaled(appended.stored)
        return appended.refused

    async def _events(
        self, pairs: Mapping[int, PairConfig], rows: Sequence[asyncpg.Record]
    ) -> list[NewEvent | _NoEvent]:
        """An event for each row, or why there is none."""
        resolved = await self._resolve([row for row in rows if row["act"] == EventKind.DELETE])
        created: set[tuple[int, str, int]] = set()
        events: list[NewEvent | _NoEvent] = []
        for row in rows:
            pair, message = pairs[row["pair_id"]], (row["pair_id"], row["scope"], row["message_id"])
            tell = self._tell(pair)
            if row["act"] == EventKind.DELETE:
                events.append(_delete(pair, row, resolved[row["id"]], tell, just_created=message in created))
                continue
            created.add(message)
            events.append(_post(pair, row, tell))
        return events

    async def _resolve(self, rows: Sequence[asyncpg.Record]) -> dict[int, Resolved]:
        found = await self._journal.resolve([(row["pair_id"], row["scope"], row["message_id"]) for row in rows])
        return {row["id"]: resolved for row, resolved in zip(rows, found, strict=True)}

    async def _put_off(self, ids: Sequence[int]) -> None:
        if ids:
            await self._journal.inbox_later(ids, LEAST_WAIT, MOST_WAIT)

    async def _drop(self, ids: Sequence[int]) -> None:
        if ids:
            _log.info("deletes of our own, or of messages never relayed, dropped", rows=len(ids))
            await self._journal.inbox_drop(ids)


def _left(rows: Sequence[asyncpg.Record], events: Sequence[NewEvent | _NoEvent]) -> tuple[Sequence[int], Sequence[int]]:
    """Ids of rows that are looked at again later, and of those that never will be an event."""
    later: list[int] = []
    never: list[int] = []
    for row, event in zip(rows, events, strict=True):
        if event is _NoEvent.UNDECIDED or (event is _NoEvent.UNKNOWN and not row["expired"]):
            later.append(row["id"])
        elif isinstance(event, _NoEvent):
            never.append(row["id"])
    return later, never


def _post(pair: PairConfig, row: asyncpg.Record, tell: str | None) -> NewEvent:
    message = read_payload(row["payload"], row["scope"], row["message_id"])
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
        tell=tell,
    )


def _delete(
    pair: PairConfig, row: asyncpg.Record, resolved: Resolved, tell: str | None, *, just_created: bool
) -> NewEvent | _NoEvent:
    """A person's own message, or a post of ours that a moderator removed: the latter goes on both hops, since further
    parts of it may stand."""
    if resolved.by_us is not False:
        return _NoEvent.OURS if resolved.by_us else _NoEvent.UNDECIDED
    if resolved.origin is None and not resolved.known and not just_created:
        return _NoEvent.UNKNOWN
    scope, message_id = resolved.origin or (row["scope"], row["message_id"])
    return NewEvent(
        pair_id=pair.id,
        generation=pair.generation,
        scope=scope,
        message_id=message_id,
        kind=EventKind.DELETE,
        content_hash=b"",
        message=None,
        hops=BOTH_HOPS if resolved.origin else ONLY_HOP_2,
        inbox_id=row["id"],
        tell=None if resolved.origin else tell,
    )
