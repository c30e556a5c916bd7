"""Rows as the JSON arrays that the statements take.

One JSON argument costs a third of a dozen array arguments, whose every element asyncpg inspects (measured:
docs/explanation/performance.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from pairs.journal.rows import Claim, NewEvent, Outcome, PartClaim
from project.core.message import Message, encode, storable_text

REASON = 200  # characters
_json = msgspec.json.Encoder()


class _Event(msgspec.Struct):
    ord: int
    pair_id: int
    generation: int
    scope: str
    message_id: int
    kind: str
    hash: str
    payload: msgspec.Raw | None
    edited: int
    cursor_to: int | None
    hops: int
    inbox_id: int | None
    tell: str | None
    identity: str
    parts: tuple[PartClaim, ...] | None


def of_events(events: Sequence[NewEvent]) -> str:
    """APPEND's argument. A message that goes to several pairs is encoded once."""
    payloads: dict[int, msgspec.Raw] = {}
    return _text([_event(order, event, payloads) for order, event in enumerate(events)])


def of_claims(claims: Sequence[Claim]) -> str:
    """STEP's argument of parts about to be sent."""
    return _text(claims)


def of_outcomes(outcomes: Sequence[Outcome]) -> str:
    """STEP's argument of what became of parts."""
    return _text([_storable(outcome) if outcome.reason else outcome for outcome in outcomes])


def _storable(outcome: Outcome) -> Outcome:
    return structs.replace(outcome, reason=storable_text(outcome.reason)[:REASON])


def _event(order: int, event: NewEvent, payloads: dict[int, msgspec.Raw]) -> _Event:
    first = event.first
    return _Event(
        order,
        event.pair_id,
        event.generation,
        event.scope,
        event.message_id,
        event.kind.value,
        event.content_hash.hex(),
        None if event.message is None else _payload(event.message, payloads),
        event.edited,
        event.cursor_to,
        event.hops,
        event.inbox_id,
        event.tell,
        "" if first is None else first.identity,
        None if first is None else first.parts,
    )


def _payload(message: Message, made: dict[int, msgspec.Raw]) -> msgspec.Raw:
    if id(message) not in made:
        made[id(message)] = msgspec.Raw(encode(message))
    return made[id(message)]


def _text(records: Sequence[msgspec.Struct]) -> str:
    return _json.encode(records).decode()
