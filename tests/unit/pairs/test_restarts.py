"""A worker group that broke, or that somebody wants restarted, stands still once and then starts again."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pairs.restarts import LONGEST, STEADY, Restarts

ONE, TWO = ("session.1", 1), ("session.1", 2)


def test_a_group_that_broke_rests_longer_each_time_and_the_other_never() -> None:
    restarts, now, rests = Restarts(), 100.0, []
    for _ in range(7):
        rest = restarts.broke(ONE, now)
        rests.append(rest)
        assert restarts.resting(now) == {ONE}
        assert restarts.next_start(now) == rest
        now += rest
        assert restarts.due(now)
        assert restarts.resting(now) == frozenset()
    assert rests == [1, 2, 4, 8, 16, LONGEST, LONGEST]
    assert (restarts.count(ONE), restarts.count(TWO)) == (7, 0)


def test_a_steady_time_forgives() -> None:
    restarts = Restarts()
    for now in (0.0, 10.0):
        restarts.broke(ONE, now)
        restarts.resting(now)
    assert restarts.broke(ONE, 10.0 + STEADY + 0.1) == 1.0


def test_many_tasks_that_break_together_are_one_crash() -> None:
    restarts = Restarts()
    assert [restarts.broke(ONE, 5.0) for _ in range(30)] == [1.0] * 30
    assert restarts.count(ONE) == 1


def test_a_restart_asked_for_stops_once_and_starts_at_the_next_look() -> None:
    restarts = Restarts()
    restarts.asked(ONE)
    assert restarts.due(0.0)
    assert restarts.resting(0.0) == {ONE}
    assert restarts.due(0.0)
    assert restarts.resting(0.0) == frozenset()
    assert not restarts.due(0.0)
    assert restarts.next_start(0.0) is None


def test_a_look_that_comes_late_stops_it_all_the_same() -> None:
    restarts = Restarts()
    restarts.broke(ONE, 0.0)
    assert restarts.resting(60.0) == {ONE}
    assert restarts.resting(60.0) == frozenset()


EVENTS = st.lists(st.tuples(st.sampled_from(["broke", "asked", "look"]), st.sampled_from([ONE, TWO])), max_size=40)


@given(EVENTS)
@example([("broke", ONE)] * 4 + [("look", ONE), ("broke", ONE)] * 5)
def test_whatever_happens_everything_runs_in_the_end(events: list[tuple[str, tuple[str, int]]]) -> None:
    restarts, now = Restarts(), 0.0
    for what, group in events:
        now += 0.3
        if what == "broke":
            assert 0 <= restarts.broke(group, now) <= LONGEST
        elif what == "asked":
            restarts.asked(group)
        else:
            restarts.resting(now)
    restarts.resting(now)
    now += LONGEST
    assert restarts.resting(now) == frozenset()
    assert not restarts.due(now)
