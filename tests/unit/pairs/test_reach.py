"""How far back a catch-up goes."""

from __future__ import annotations

import pytest

from pairs.intake.reach import DAY, Reach
from project.core.message import Message

NOW = 1_800_000_000


def found(count: int, *, days_ago: float) -> list[Message]:
    return [Message("tg:1", number + 1, int(NOW - days_ago * DAY)) for number in range(count)]


@pytest.mark.parametrize(
    ("reach", "first", "exceeded"),
    [
        (Reach(), found(100, days_ago=900), False),
        (Reach(days=7), found(1, days_ago=6.9), False),
        (Reach(days=7), found(1, days_ago=7.1), True),
        (Reach(messages=500), found(99, days_ago=900), False),
        (Reach(messages=500), found(100, days_ago=0), True),
        (Reach(messages=20), found(19, days_ago=0), False),
        (Reach(messages=20), found(20, days_ago=0), True),
    ],
)
def test_telegram_is_asked_only_where_there_may_be_too_much(reach: Reach, first: list[Message], exceeded: bool) -> None:
    assert reach.may_be_exceeded(first, NOW, page=100) is exceeded


def test_no_limit_of_age_is_older_than_everything() -> None:
    assert Reach().oldest(NOW) == 0
    assert Reach(days=2).oldest(NOW) == NOW - 2 * DAY


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        (Reach(), "of any age"),
        (Reach(days=7), "not older than 7 days"),
        (Reach(messages=50), "among the newest 50 messages"),
        (Reach(7, 50), "not older than 7 days and among the newest 50 messages"),
    ],
)
def test_people_read_what_holds(reach: Reach, words: str) -> None:
    assert str(reach) == words
