"""What stands still when checks are not made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from workers.domain.standstill import Signs, Work, find_standstill, todo

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LIVELY = Signs(control_ago=SECOND, beat_ago=SECOND, broker="")
MADE = Work("checks of sessions", "Check sessions", enabled=True, every=5 * MINUTE, ran_ago=4 * MINUTE)
MISSED = replace(MADE, ran_ago=9 * MINUTE)

TABLE = [
    ("all is made", MADE, LIVELY, ""),
    ("Beat ended just now", MADE, replace(LIVELY, beat_ago=2 * MINUTE), ""),
    ("one run is late", replace(MADE, ran_ago=6 * MINUTE), LIVELY, ""),
    ("Beat", MISSED, replace(LIVELY, beat_ago=9 * MINUTE), "Beat does not run"),
    ("Beat never ran", MISSED, replace(LIVELY, beat_ago=None), "Beat does not run"),
    ("control", MISSED, replace(LIVELY, control_ago=9 * MINUTE), "control does not run"),
    ("broker, and Beat waits for it", MISSED, Signs(SECOND, HOUR, "loading"), "Redis) takes no commands: loading"),
    ("tasks", MISSED, LIVELY, "control takes no tasks"),
    ("switched off", replace(MISSED, enabled=False), LIVELY, 'row "Check sessions" in the schedule is switched off'),
    ("removed", replace(MISSED, row="", enabled=False, every=None, ran_ago=2 * HOUR), LIVELY, "schedule is gone"),
    ("too slow", replace(MADE, every=2 * HOUR), LIVELY, "runs every 2 h, more slowly than SESSION_TIMEOUT (1 h)"),
    ("by the clock", replace(MADE, every=None, ran_ago=HOUR), LIVELY, ""),
    ("by the clock, missed", replace(MADE, every=None, ran_ago=2 * HOUR), LIVELY, "control takes no tasks"),
]


@pytest.mark.parametrize(("work", "signs", "why"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_stands_still_is_named(work: Work, signs: Signs, why: str) -> None:
    found = find_standstill(work, signs, watched=timedelta.max, timeout=HOUR)
    assert (found is None) == (why == "")
    assert found is None or why in found.why
    assert found is None or todo([found])


def test_it_is_told_before_two_intervals_are_over_and_not_for_the_time_before_anybody_watched() -> None:
    almost = replace(MADE, ran_ago=2 * 5 * MINUTE - SECOND)
    assert find_standstill(almost, LIVELY, watched=HOUR, timeout=HOUR)
    night = replace(MADE, ran_ago=9 * HOUR)
    assert find_standstill(night, LIVELY, watched=SECOND, timeout=HOUR) is None
    assert find_standstill(night, LIVELY, watched=9 * MINUTE, timeout=HOUR)
