"""Waits between gateway connections."""

from __future__ import annotations

import random

import pytest

from project.discord.pacing import Backoff, IdentifyBudget, OncePer


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


def test_once_per_lets_the_first_through_and_keeps_one_more() -> None:
    once = OncePer(60.0)
    assert once.wait(1, now=0.0) == 0.0
    assert once.wait(2, now=1.0) == 0.0, "each key for itself"
    assert once.wait(1, now=10.0) == 50.0
    assert once.wait(1, now=20.0) is None, "the one that waits stands for it"
    assert once.wait(1, now=59.9) is None
    assert once.wait(1, now=60.1) == pytest.approx(59.9)
    assert once.wait(1, now=500.0) == 0.0
