"""Waits between gateway connections."""

from __future__ import annotations

import random

from project.discord.pacing import Backoff, IdentifyBudget


def test_backoff_grows_to_thirty_seconds_and_no_further() -> None:
    pause, now, waits = Backoff(rng=random.Random(1)), 0.0, []
    for _ in range(12):
        waits.append(pause.next(now=now))
        now += waits[-1]
    assert waits[0] <= 0.5
    assert 15.0 <= waits[-1] <= 30.0
    assert max(waits) <= 30.0


def test_backoff_starts_anew_after_a_quiet_minute() -> None:
    pause, now = Backoff(rng=random.Random(1)), 0.0
    for _ in range(12):
        now += pause.next(now=now)
    assert pause.next(now=now + 61) <= 0.5


def test_a_day_of_failures_stays_below_the_thousand_identifies_of_a_day() -> None:
    budget, now, count = IdentifyBudget(), 0.0, 0
    while now < 86_400:
        now += budget.take(now=now) + 0.1
        count += 1
    assert 500 < count < 900


def test_identifies_are_five_seconds_apart() -> None:
    budget = IdentifyBudget()
    assert budget.take(now=100.0) == 0.0
    assert budget.take(now=101.0) == 4.0
    assert budget.take(now=111.0) == 0.0
