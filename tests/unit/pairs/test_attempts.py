"""What is known about a part after a backup was adopted, or when a dead letter is sent again."""

from __future__ import annotations

import pytest

from pairs.lane.attempts import CLOCK_SLACK, attempt_of, first_attempt, look_from, settle_wait
from pairs.lane.hop import Attempt
from pairs.models.delivery import HopState
from project.core.message import EventKind
from tests.unit.pairs.builders import due, event

WRITTEN = 1  # when the builders' messages were


@pytest.mark.parametrize(
    ("resumed_at", "expected"),
    [(0, Attempt.FIRST), (WRITTEN + 1, Attempt.UNSURE), (WRITTEN - CLOCK_SLACK, Attempt.FIRST)],
)
def test_what_was_written_before_the_adoption_is_looked_for(resumed_at: int, expected: Attempt) -> None:
    assert first_attempt(event(1), [], resumed_at=resumed_at) is expected
    row = due(event(1))
    assert attempt_of(row, identity="bot.1", lifetime=60.0, elapsed=0.0, resumed_at=resumed_at) is expected
    assert look_from(event(1), resumed_at) == (resumed_at if expected is Attempt.UNSURE else 0)


def test_a_fresh_key_says_nothing_about_what_the_installation_before_sent() -> None:
    row = due(event(1), state=HopState.SENDING, age=1.0, identity="bot.1")
    assert attempt_of(row, identity="bot.1", lifetime=60.0, elapsed=0.0) is Attempt.KEYED
    assert attempt_of(row, identity="bot.1", lifetime=60.0, elapsed=0.0, resumed_at=99) is Attempt.UNSURE


def test_a_dead_letter_sent_again_is_looked_for() -> None:
    row = due(event(1), replays=1)
    assert first_attempt(row.event, [row], resumed_at=0) is Attempt.UNSURE
    assert attempt_of(row, identity="bot.1", lifetime=60.0, elapsed=0.0) is Attempt.UNSURE


def test_a_delete_needs_no_look() -> None:
    assert first_attempt(event(1, kind=EventKind.DELETE), [], resumed_at=99) is Attempt.FIRST


def test_only_what_was_tried_gets_time_to_show_up() -> None:
    never, tried = due(event(1)), due(event(1), state=HopState.SENDING, age=1.0)
    assert settle_wait([(never, Attempt.UNSURE)], elapsed=0.0) == 0.0
    assert settle_wait([(tried, Attempt.UNSURE)], elapsed=1.0) == 3.0
