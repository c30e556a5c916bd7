"""Pauses between attempts to connect."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from project.telegram.backoff import LONGEST, SHORTEST, next_attempt, reconnect_delay


@given(st.integers(0, 10_000), st.integers())
def test_a_pause_is_never_shorter_or_longer_than_promised(attempt: int, seed: int) -> None:
    assert SHORTEST <= reconnect_delay(attempt, Random(seed)) <= LONGEST


@given(st.integers(0, 5), st.integers())
def test_pauses_grow(attempt: int, seed: int) -> None:
    assert reconnect_delay(attempt + 1, Random(seed)) > reconnect_delay(attempt, Random(seed))


def test_a_connection_that_lived_starts_the_count_anew() -> None:
    assert next_attempt(6, lived=60) == 0
    assert next_attempt(6, lived=1) == 7
