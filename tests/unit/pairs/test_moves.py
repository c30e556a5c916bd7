"""Who could take which pair: the ranking of sessions, the judgement about moves, and the spread over several."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.domain.moves import MovingPair, Sights, judge, why_not
from pairs.domain.spread import spread
from sessions.domain.choice import Candidate, Ranking, rank

ONE = Candidate(1, "one", "active", "healthy", "", priority=1, max_pairs=30, used=5, access={10: "member"})
PAIR = MovingPair(
    id=7,
    title="News",
    source_chat=10,
    destination_chat=20,
    posts_itself=False,
    status="active",
    session_id=9,
    session="nine",
    wanted_id=None,
    generation=1,
)
SEEN = Sights(read={(1, 10): "member"}, post={(1, 20): True})


def names(ranking: Ranking) -> list[str]:
    return [choice.name for choice in ranking.best]


@pytest.mark.parametrize(
    ("others", "order"),
    [
        ([replace(ONE, name="two", priority=2)], ["two", "one"]),
        ([replace(ONE, name="two", used=4)], ["two", "one"]),
        ([replace(ONE, name="two", max_pairs=50)], ["two", "one"]),
        ([replace(ONE, name="Alpha")], ["Alpha", "one"]),
        ([replace(ONE, name="two", priority=10, access={})], ["one", "two"]),
        ([replace(ONE, name="two", priority=10, access={10: "unknown"})], ["one", "two"]),
        ([replace(ONE, name="two", priority=2, access={10: "protected"})], ["two", "one"]),
        ([replace(ONE, name="two", priority=10, access={10: "guest"})], ["one", "two"]),
        (
            [replace(ONE, name="two", priority=10, access={10: "guest"}), replace(ONE, name="three", access={})],
            ["one", "three", "two"],
        ),
    ],
    ids=[
        "priority",
        "free seats",
        "more seats",
        "name",
        "never looked",
        "unknown",
        "protected",
        "guest",
        "guests last",
    ],
)
def test_the_best_comes_first(others: list[Candidate], order: list[str]) -> None:
    assert names(rank([ONE, *others], [10])) == order


@pytest.mark.parametrize(
    ("candidate", "reasons"),
    [
        (replace(ONE, health="unhealthy", health_reason="3 failed checks"), ("unhealthy (3 failed checks)",)),
        (replace(ONE, health="expired"), ("expired",)),
        (replace(ONE, health="unauthorized"), ("unauthorized",)),
        (replace(ONE, health="unknown"), ("unknown",)),
        (replace(ONE, lifecycle="disabled"), ("disabled",)),
        (replace(ONE, lifecycle="login"), ("not logged in yet",)),
        (replace(ONE, used=30), ("full: 30 of 30 pairs",)),
        (replace(ONE, used=31), ("full: 31 of 30 pairs",)),
        (replace(ONE, used=29), ("1 free seats, 2 needed (29 of 30 pairs)",)),
        (replace(ONE, access={10: "banned"}), ("cannot read source 10",)),
        (
            replace(ONE, health="expired", used=30, access={10: "banned"}),
            ("expired", "full: 30 of 30 pairs", "cannot read source 10"),
        ),
    ],
)
def test_every_reason_against_a_session_is_told(candidate: Candidate, reasons: tuple[str, ...]) -> None:
    ranking = rank([candidate], [10], seats=2)
    assert ranking.best == ()
    assert ranking.refused[0].reasons == reasons


def test_what_has_to_be_looked_at_is_told() -> None:
    (choice,) = rank([replace(ONE, access={10: "member", 12: "protected"})], [10, 11, 12, 11]).best
    assert (choice.unseen, choice.protected, choice.free) == ((11,), (12,), 25)


@pytest.mark.parametrize(
    ("pair", "target", "sights", "told"),
    [
        (PAIR, ONE, SEEN, ""),
        (replace(PAIR, posts_itself=True), ONE, SEEN, ""),
        (PAIR, ONE, replace(SEEN, read={(1, 10): "protected"}), ""),
        (PAIR, replace(ONE, health="expired"), SEEN, "one is expired"),
        (replace(PAIR, source_chat=-5), ONE, SEEN, "basic group or private chat"),
        (PAIR, ONE, Sights(), "one has not looked at its source"),
        (PAIR, ONE, Sights(errors={1: "did not answer"}), "one did not answer"),
        (PAIR, ONE, replace(SEEN, read={(1, 10): "banned"}), "one is banned from News"),
        (PAIR, ONE, replace(SEEN, read={(1, 10): "unknown"}), "one is not a member of News"),
        (replace(PAIR, posts_itself=True), ONE, replace(SEEN, post={}), "one may not post at its destination"),
    ],
)
def test_why_a_session_cannot_take_a_pair(pair: MovingPair, target: Candidate, sights: Sights, told: str) -> None:
    found = why_not(pair, target, sights)
    assert found == "" if not told else told in found


def test_seats_go_to_the_pairs_in_their_order() -> None:
    pairs = [replace(PAIR, id=number) for number in (1, 2, 3)]
    plan = judge(pairs, dict.fromkeys((1, 2, 3), 1), {1: replace(ONE, used=28)}, SEEN)
    assert [move.pair_id for move in plan.moves] == [1, 2]
    assert plan.problems == ("pair 3: one has no seat left (28 of 30 pairs)",)


def test_a_wish_taken_back_needs_no_seat_and_no_look() -> None:
    pair = replace(PAIR, session_id=1, wanted_id=2)
    assert judge([pair], {7: 1}, {1: replace(ONE, used=30)}, Sights()).moves[0].after_id == 1
    there = replace(PAIR, session_id=2, wanted_id=1)
    assert judge([there], {7: 1}, {1: ONE}, Sights()).already == (7,)


def test_a_seat_is_freed_by_a_pair_that_fits_elsewhere() -> None:
    assert spread({1: [10, 11], 2: [10]}, {10: 1, 11: 1}) == {1: 11, 2: 10}
    assert spread({1: [10, 11], 2: [10, 12], 3: [10]}, {10: 1, 11: 1, 12: 1}) == {1: 11, 2: 12, 3: 10}


FITS = st.dictionaries(st.integers(1, 12), st.lists(st.integers(1, 5), unique=True, max_size=5), max_size=12)
SEATS = st.dictionaries(st.integers(1, 5), st.integers(0, 4), max_size=5)


@given(FITS, SEATS)
def test_nobody_is_left_whom_a_change_of_seats_could_place(fits: dict[int, list[int]], seats: dict[int, int]) -> None:
    placed = spread(fits, seats)
    assert all(session in fits[pair] and session in seats for pair, session in placed.items())
    assert all(list(placed.values()).count(session) <= most for session, most in seats.items())
    assert len(placed) == _most(list(fits), fits, seats)


def _most(pairs: list[int], fits: dict[int, list[int]], seats: dict[int, int]) -> int:
    """By Hall's theorem: for each set of sessions, who fits only there beyond its seats stays out."""
    sessions = sorted(seats)
    worst = 0
    for chosen in range(2 ** len(sessions)):
        within = {session for place, session in enumerate(sessions) if chosen >> place & 1}
        bound = sum(set(fits[pair]) & set(sessions) <= within for pair in pairs)
        worst = max(worst, bound - sum(seats[session] for session in within))
    return len(pairs) - worst
