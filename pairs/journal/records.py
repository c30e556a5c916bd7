"""Rows as the JSON arrays that the statements take.

One JSON argument costs a third of a dozen array arguments, whose every element asyncpg inspects (measured:
docs/explanation/performance.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from pairs.journal.rows import Claim, NewEvent, Outcome, PartClaim
from project.core.message import Message, encode, storable_text

REASON = 200  # characters
_json = msgspec.json.Encoder()


class _Part(msgspec.Struct):
    part: int
    act: str
    source_message: int
    rendered: msgspec.Raw
    key: str
    target: int | None


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
    wake: str | None
    identity: str
    parts: list[_Part] | None


class _Claim(msgspec.Struct):
    account: str
    event_id: int
    pair_id: int
    seq: int
    hop: int
    identity: str
    generation: int | None
    parts: list[_Part]


class _Outcome(msgspec.Struct):
    account: str
    event_id: int
    hop: int
    part: int
    state: str
    remote_id: int | None
    reason: str
    tries: int
    wait: float | None
    wake: str | None
    pair_id: int
    generation: int | None


def of_events(events: Sequence[NewEvent]) -> str:
    """APPEND's argument. A message that goes to several pairs is encoded once."""
    payloads: dict[int, msgspec.Raw] = {}
    return _text([_event(order, event, payloads) for order, event in enumerate(events)])


def of_claims(claims: Sequence[Claim]) -> str:
    """STEP's argument of parts about to be sent."""
    return _text(
        [
            _Claim(c.account, c.event_id, c.pair_id, c.seq, c.hop, c.identity, c.generation, _parts(c.parts))
            for c in claims
        ]
    )


def of_outcomes(outcomes: Sequence[Outcome]) -> str:
    """STEP's argument of what became of parts."""
    return _text(
        [
            _Outcome(
                outcome.account,
                outcome.event_id,
                outcome.hop,
                outcome.part,
                outcome.state.value,
                outcome.remote_id,
                storable_text(outcome.reason)[:REASON],
                outcome.tries,
                outcome.wait,
                outcome.wake,
                outcome.pair_id,
                outcome.generation,
            )
            for outcome in outcomes
        ]
    )


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
        event.wake,
        "" if first is None else first.identity,
        None if first is None else _parts(first.parts),
    )


def _parts(parts: Sequence[PartClaim]) -> list[_Part]:
    return [
        _Part(p.part, p.act.value, p.source_message, msgspec.Raw(p.rendered or "null"), p.key, p.target) for p in parts
    ]


def _payload(message: Message, made: dict[int, msgspec.Raw]) -> msgspec.Raw:
    if id(message) not in made:
        made[id(message)] = msgspec.Raw(encode(message))
    return made[id(message)]


def _text(records: list[Any]) -> str:
    return _json.encode(records).decode()
