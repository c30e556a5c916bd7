"""Events of a source message, for each pair that reads the source. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from pairs.domain.keys import content_hash
from pairs.intake.protected import may_copy, noted
from pairs.journal.payload import UNREADABLE
from pairs.journal.rows import NewEvent
from pairs.lane.config import PairConfig
from project.core.message import EventKind, Message, storable


def created(message: Message, pairs: Iterable[PairConfig]) -> list[NewEvent]:
    """A new message; it moves the cursors. Where it may not be copied, a note stands in its place."""
    taken = list(pairs)
    copying = [pair for pair in taken if may_copy(message, pair)]
    events = _of_message(message, EventKind.CREATE, copying, cursor_to=message.message_id)
    if len(copying) == len(taken):
        return events
    others = [pair for pair in taken if pair not in copying]
    return [*events, *_of_message(noted(message), EventKind.CREATE, others, cursor_to=message.message_id)]


def edited(message: Message, pairs: Iterable[PairConfig]) -> list[NewEvent]:
    """The message as it reads now; no event comes of it when that is known already, or may not be copied."""
    return _of_message(message, EventKind.EDIT, [pair for pair in pairs if may_copy(message, pair)], cursor_to=None)


def deleted(message_id: int, pairs: Iterable[PairConfig]) -> list[NewEvent]:
    """A deleted message, on both hops."""
    return [
        NewEvent(
            pair_id=pair.id,
            generation=pair.generation,
            scope=pair.source_scope,
            message_id=message_id,
            kind=EventKind.DELETE,
            content_hash=b"",
            message=None,
        )
        for pair in pairs
    ]


def unreadable(event: NewEvent) -> NewEvent:
    """An event that the database does not take: a line in its place, so that it is not lost silently. Raises ValueError
    when there is nothing left to leave out."""
    message = event.message
    if message is None or message.note == UNREADABLE:
        raise ValueError(f"an event cannot be stored: {event.scope} {event.message_id} {event.kind}")
    return replace(event, message=Message(event.scope, event.message_id, message.date, note=UNREADABLE))


def _of_message(
    message: Message, kind: EventKind, pairs: Iterable[PairConfig], *, cursor_to: int | None
) -> list[NewEvent]:
    message = storable(message)
    digest = content_hash(message)
    return [
        NewEvent(
            pair_id=pair.id,
            generation=pair.generation,
            scope=pair.source_scope,
            message_id=message.message_id,
            kind=kind,
            content_hash=digest,
            message=message,
            edited=message.edited or 0,
            cursor_to=cursor_to,
        )
        for pair in pairs
    ]
