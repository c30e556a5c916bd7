"""Rows as the column arrays that the statements take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pairs.journal.rows import Claim, NewEvent, Outcome, PartClaim
from project.core.message import Message, encode, storable_text

REASON = 200  # characters


def of_events(events: Sequence[NewEvent]) -> tuple[list[Any], ...]:
    """APPEND's columns. A message that goes to several pairs is encoded once."""
    payloads: dict[int, str] = {}
    return (
        [event.pair_id for event in events],
        [event.generation for event in events],
        [event.scope for event in events],
        [event.message_id for event in events],
        [event.kind.value for event in events],
        [event.content_hash for event in events],
        [None if event.message is None else _payload(event.message, payloads) for event in events],
        [event.edited for event in events],
        [event.cursor_to for event in events],
        [event.hops for event in events],
        [event.inbox_id for event in events],
        [event.wake for event in events],
    )


def of_claims(flat: Sequence[tuple[Claim, PartClaim]]) -> tuple[list[Any], ...]:
    """CLAIM's columns."""
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


def of_outcomes(outcomes: Sequence[Outcome]) -> tuple[list[Any], ...]:
    """SETTLE's columns."""
    return (
        [outcome.account for outcome in outcomes],
        [outcome.event_id for outcome in outcomes],
        [outcome.hop for outcome in outcomes],
        [outcome.part for outcome in outcomes],
        [outcome.state.value for outcome in outcomes],
        [outcome.remote_id for outcome in outcomes],
        [storable_text(outcome.reason)[:REASON] for outcome in outcomes],
        [outcome.tries for outcome in outcomes],
        [outcome.wait for outcome in outcomes],
        [outcome.wake for outcome in outcomes],
        [outcome.pair_id for outcome in outcomes],
        [outcome.generation for outcome in outcomes],
    )


def _payload(message: Message, made: dict[int, str]) -> str:
    if id(message) not in made:
        made[id(message)] = encode(message)
    return made[id(message)]
