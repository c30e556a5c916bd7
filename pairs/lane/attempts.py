"""What is known about earlier attempts at a part. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pairs.journal.rows import AnyEvent, DueRow, StoredEvent
from pairs.lane.hop import Attempt
from pairs.models.delivery import HopState

SETTLE_TIME = 5.0  # seconds an unsure attempt gets to show up before it is looked for
CLOCK_SLACK = 300  # seconds that a platform's clock may be ahead of the database's


def sent_before(event: AnyEvent, resumed_at: int) -> bool:
    """Whether the installation before this one may have sent the event: the restored journal cannot tell.

    `resumed_at` is Unix seconds of `adopt --resume`, 0 for never.
    """
    return bool(resumed_at) and event.message is not None and event.message.date < resumed_at + CLOCK_SLACK


def look_from(event: StoredEvent, resumed_at: int) -> int:
    """Where a look for an event's post begins: after the last link that was tried before this time (Unix seconds), or,
    for 0, after the last link. What another installation sent, it sent in an order of its own."""
    return resumed_at if sent_before(event, resumed_at) else 0


def first_attempt(event: AnyEvent, rows: Sequence[DueRow], *, resumed_at: int) -> Attempt:
    """What is known about the parts of an event that is planned now."""
    replayed = any(row.replays and not row.event.again for row in rows)
    return Attempt.UNSURE if replayed or sent_before(event, resumed_at) else Attempt.FIRST


def attempt_of(row: DueRow, *, identity: str, lifetime: float, elapsed: float, resumed_at: int = 0) -> Attempt:
    """What a row says about its part, `elapsed` seconds after it was read.

    A key is worth something only for the identity that it was used by, and for `lifetime` seconds; nothing, when the
    first attempt may have been another installation's, or was given up once.
    """
    if row.replays or sent_before(row.event, resumed_at):
        return Attempt.UNSURE
    if row.state is HopState.WAITING or row.age is None:
        return Attempt.FIRST
    fresh = 0 <= row.age + elapsed < lifetime
    return Attempt.KEYED if fresh and row.identity == identity else Attempt.UNSURE


def after_ambiguous(*, age: float, lifetime: float, attempt: Attempt) -> Attempt:
    """What is known when one more attempt, the first of which was `age` seconds ago, got no answer."""
    return Attempt.KEYED if attempt is not Attempt.UNSURE and age < lifetime else Attempt.UNSURE


def settle_wait(rows_and_attempts: list[tuple[DueRow, Attempt]], *, elapsed: float) -> float:
    """Seconds until everything unsure that was tried has had time to show up."""
    unsure = [row.age for row, attempt in rows_and_attempts if attempt is Attempt.UNSURE and row.age is not None]
    return max((SETTLE_TIME - max(age + elapsed, 0.0) for age in unsure), default=0.0)
