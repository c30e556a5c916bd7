"""Groups, homes, shares and restarts as pure rules."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.claims import fair_share
from workers.domain.groups import plan_groups
from workers.domain.homes import Use, plan_homes
from workers.domain.restarts import delay, next_crashes

CURRENT = st.dictionaries(st.integers(1, 300), st.integers(0, 4), max_size=80)
LIMIT = st.integers(1, 30)
THRESHOLD = st.integers(1, 10)


def sizes(plan: dict[int, int]) -> list[int]:
    return sorted(Counter(plan.values()).values(), reverse=True)


def test_thirty_pairs_are_one_group_and_thirty_one_are_two() -> None:
    new = dict.fromkeys(range(1, 32), 0)
    assert sizes(plan_groups(new, limit=30, threshold=5)) == [16, 15]
    assert sizes(plan_groups(dict.fromkeys(range(30), 0), limit=30, threshold=5)) == [30]


def test_the_thirty_first_pair_moves_only_what_must_move() -> None:
    before = dict.fromkeys(range(30), 1) | {30: 0}
    after = plan_groups(before, limit=30, threshold=5)
    assert sizes(after) == [16, 15]
    assert sum(after[pair] != 1 for pair in range(30)) == 14


def test_two_groups_merge_only_with_seats_to_spare() -> None:
    def two(count: int) -> dict[int, int]:
        return {pair: 1 + pair % 2 for pair in range(count)}

    assert sizes(plan_groups(two(26), limit=30, threshold=5)) == [13, 13]
    assert sizes(plan_groups(two(25), limit=30, threshold=5)) == [25]


def test_an_uneven_plan_is_evened_only_beyond_the_threshold() -> None:
    five_apart = dict.fromkeys(range(20), 1) | dict.fromkeys(range(100, 115), 2)
    assert plan_groups(five_apart, limit=30, threshold=5) == five_apart
    six_apart = dict.fromkeys(range(21), 1) | dict.fromkeys(range(100, 115), 2)
    assert sizes(plan_groups(six_apart, limit=30, threshold=5)) == [18, 18]


@given(CURRENT, LIMIT, THRESHOLD)
def test_every_pair_has_a_group_with_room(current: dict[int, int], limit: int, threshold: int) -> None:
    plan = plan_groups(current, limit=limit, threshold=threshold)
    assert plan.keys() == current.keys()
    assert all(size <= limit for size in sizes(plan))
    assert all(number >= 1 for number in plan.values())
    if len(set(plan.values())) > 1:
        assert sizes(plan)[0] - sizes(plan)[-1] <= max(threshold, 1)


@given(CURRENT, LIMIT, THRESHOLD)
def test_a_plan_is_stable(current: dict[int, int], limit: int, threshold: int) -> None:
    plan = plan_groups(current, limit=limit, threshold=threshold)
    assert plan_groups(plan, limit=limit, threshold=threshold) == plan


@given(CURRENT, LIMIT, THRESHOLD)
def test_no_group_that_stays_both_gives_and_takes(current: dict[int, int], limit: int, threshold: int) -> None:
    """Otherwise fewer moves would do."""
    plan = plan_groups(current, limit=limit, threshold=threshold)
    moved = [(current[pair], group) for pair, group in plan.items() if current[pair] > 0 and current[pair] != group]
    stays = set(plan.values())
    assert not {gave for gave, _ in moved if gave in stays} & {took for _, took in moved}


@given(st.integers(1, 50), st.data())
def test_a_pair_that_comes_or_goes_moves_others_only_when_it_must(count: int, data: st.DataObject) -> None:
    settled = plan_groups(dict.fromkeys(range(count), 0), limit=30, threshold=5)
    comes = plan_groups(settled | {count: 0}, limit=30, threshold=5)
    assert count == 30 or all(comes[pair] == group for pair, group in settled.items())
    gone = data.draw(st.integers(0, count - 1))
    left = {pair: group for pair, group in settled.items() if pair != gone}
    assert plan_groups(left, limit=30, threshold=5) == left or len(left) <= 25


def test_a_sender_lives_with_its_only_session() -> None:
    homes = plan_homes(
        sessions=["session.1", "session.2"],
        logins=["session.3", "sender.9"],
        uses=[
            Use("sender.1", "session.1"),
            Use("sender.1", "session.1"),
            Use("sender.2", "session.1"),
            Use("sender.2", "session.2"),
            Use("sender.3", "session.7"),
        ],
    )
    assert homes == {
        "session.1": "session.1",
        "session.2": "session.2",
        "session.3": "session.3",
        "sender.9": "sender.9",
        "sender.1": "session.1",
        "sender.2": "sender.2",
        "sender.3": "sender.3",
    }


@given(st.integers(1, 6), st.lists(st.integers(0, 20), min_size=6, max_size=6), st.integers(0, 60))
def test_live_nodes_together_take_everything(nodes: int, held: list[int], claimable: int) -> None:
    mine = held[:nodes]
    total = sum(mine) + claimable
    left = claimable
    for have in mine:
        left -= fair_share(total=total, mine=have, nodes=nodes, claimable=left)
    assert left == 0


@pytest.mark.parametrize(("crashes", "seconds"), [(1, 0.2), (2, 0.4), (3, 0.8), (9, 30.0), (1000, 30.0)])
def test_restarts_back_off(crashes: int, seconds: float) -> None:
    assert delay(crashes) == seconds


def test_a_worker_that_lasted_starts_the_count_anew() -> None:
    assert next_crashes(7, lasted=61.0) == 1
    assert next_crashes(7, lasted=3.0) == 8
