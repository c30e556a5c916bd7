"""Moves between nodes: who goes where, and that it ends."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.balance import LEAST_GAP, AccountLoad, Move, NodeLoad, Why, next_move, plan_moves, seconds_until

A, B, C = NodeLoad("a", "home"), NodeLoad("b", "home"), NodeLoad("c", "home")


def on(node: str, *names: str) -> list[AccountLoad]:
    return [AccountLoad(name, node) for name in names]


BUSY = [AccountLoad("1", "a", backlog=2.0), AccountLoad("2", "a", rate=5.0), AccountLoad("3", "a", rate=1.0)]


@pytest.mark.parametrize(
    ("nodes", "accounts", "move"),
    [
        ([], [], None),
        ([A], on("a", "1", "2", "3"), None),
        ([A, B], on("a", "1"), None),
        ([A, B], on("a", "1", "2"), Move("1", "a", "b", Why.SHARE)),
        ([A, B], [*on("a", "1", "2"), *on("b", "3")], None),
        ([A, B, C], [*on("a", "1", "2"), *on("b", "3", "4", "5")], Move("3", "b", "c", Why.SHARE)),
        ([A, NodeLoad("b", "away")], on("a", "1", "2", "3"), None),
        ([A, NodeLoad("b", "home", takes=False)], on("a", "1", "2", "3"), None),
        ([A, NodeLoad("b", "home", loaded=True)], on("a", "1", "2", "3"), None),
        ([A, B], BUSY, Move("3", "a", "b", Why.SHARE)),
        ([A, B], [AccountLoad("1", "a", rested=False), *on("a", "2")], Move("2", "a", "b", Why.SHARE)),
        ([A, B], [AccountLoad(name, "a", rested=False) for name in "123"], None),
        ([NodeLoad("a", "home", loaded=True), B], BUSY[:1], Move("1", "a", "b", Why.LOAD)),
        ([NodeLoad("a", "home", loaded=True), B], [*on("a", "1"), *on("b", "2", "3")], Move("1", "a", "b", Why.LOAD)),
        ([NodeLoad("a", "home", loaded=True), NodeLoad("b", "home", loaded=True)], BUSY, None),
        ([A, B], on("gone", "1", "2", "3"), None),
    ],
)
def test_the_next_move(nodes: list[NodeLoad], accounts: list[AccountLoad], move: Move | None) -> None:
    assert next_move(nodes, accounts) == move


NODES = st.lists(
    st.builds(
        NodeLoad,
        st.sampled_from("abcdef"),
        st.sampled_from(["", "home", "away"]),
        loaded=st.booleans(),
        takes=st.booleans(),
    ),
    unique_by=lambda node: node.name,
    max_size=6,
)
ACCOUNTS = st.lists(
    st.builds(
        AccountLoad,
        st.integers(0, 99).map(str),
        st.sampled_from("abcdefg"),
        backlog=st.floats(0, 100),
        rate=st.floats(0, 10),
        rested=st.booleans(),
    ),
    unique_by=lambda account: account.name,
    max_size=40,
)


@given(NODES, ACCOUNTS)
def test_moves_end_and_nobody_moves_twice(nodes: list[NodeLoad], accounts: list[AccountLoad]) -> None:
    moves = plan_moves(nodes, accounts)
    known = {node.name: node for node in nodes}
    at = {account.name: account for account in accounts}
    assert max(Counter(move.account for move in moves).values(), default=1) == 1
    for move in moves:
        source, target = known[move.source], known[move.target]
        assert at[move.account].rested
        assert at[move.account].node == move.source != move.target
        assert source.group == target.group
        assert target.takes
        assert not target.loaded


@given(st.integers(1, 5), st.integers(0, 40))
def test_a_node_that_joins_gets_its_share(nodes: int, accounts: int) -> None:
    """All others were even before; afterwards all are."""
    before = [AccountLoad(str(number), f"n{number % nodes}") for number in range(accounts)]
    names = [f"n{number}" for number in range(nodes + 1)]
    moves = plan_moves([NodeLoad(name, "home") for name in names], before)
    counts = Counter(dict.fromkeys(names, 0)) + Counter(account.node for account in before)
    for move in moves:
        counts[move.source] -= 1
        counts[move.target] += 1
    sizes = [counts[name] for name in names]
    assert max(sizes) - min(sizes) < LEAST_GAP
    assert len(moves) == counts[names[-1]], "only the joiner is moved to"


@pytest.mark.parametrize(
    ("since_last", "settled", "seconds"),
    [
        (None, True, 0.0),
        (None, False, 0.0),
        (10.0, True, 50.0),
        (60.0, True, 0.0),
        (90.0, True, 0.0),
        (90.0, False, None),
    ],
)
def test_one_at_a_time_and_at_most_one_a_minute(since_last: float | None, settled: bool, seconds: float | None) -> None:
    assert seconds_until(since_last=since_last, interval=60.0, settled=settled) == seconds
