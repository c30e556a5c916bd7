"""What is known about earlier attempts at a part. Pure."""

from __future__ import annotations

from pairs.journal.rows import DueRow
from pairs.lane.hop import Attempt
from pairs.models.delivery import HopState

SETTLE_TIME = 5.0  # seconds an unsure attempt gets to show up before it is looked for


def attempt_of(row: DueRow, *, identity: str, lifetime: float, elapsed: float) -> Attempt:
    """What a row says about its part, `elapsed` seconds after it was read.

    A key is worth something only for the identity that it was used by, and for `lifetime` seconds.
    """
    if row.state is HopState.WAITING or row.age is None:
        return Attempt.FIRST
    fresh = 0 <= row.age + elapsed < lifetime
    return Attempt.KEYED if fresh and row.identity == identity else Attempt.UNSURE


def after_ambiguous(*, age: float, lifetime: float, attempt: Attempt) -> Attempt:
    """What is known when one more attempt, the first of which was `age` seconds ago, got no answer."""
    return Attempt.KEYED if attempt is not Attempt.UNSURE and age < lifetime else Attempt.UNSURE


def settle_wait(rows_and_attempts: list[tuple[DueRow, Attempt]], *, elapsed: float) -> float:
    """Seconds until everything unsure has had time to show up."""
    ages = [(row.age or 0.0) + elapsed for row, attempt in rows_and_attempts if attempt is Attempt.UNSURE]
    return max((SETTLE_TIME - max(age, 0.0) for age in ages), default=0.0)
