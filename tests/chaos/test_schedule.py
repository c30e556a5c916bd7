"""The schedule and the load are functions of the seed, and hold what they promise."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.chaos.schedule import KILLS, MOVES, OUTAGES, Fault, Kind, Scale, plan
from tests.chaos.script import Load, What, script

FULL = Scale(seconds=120.0, hosts=30, routes=72)
SHORT = Scale(seconds=10.0, hosts=8, routes=18, lease=9.0)
SEEDS = range(200)


@pytest.mark.parametrize("scale", [FULL, SHORT])
def test_the_same_seed_gives_the_same_faults_and_another_seed_others(scale: Scale) -> None:
    assert plan(7, scale) == plan(7, scale)
    assert len({plan(seed, scale) for seed in SEEDS}) == len(SEEDS)


def test_the_same_seed_gives_the_same_load() -> None:
    load = Load(routes=72, heard=(1, 5, 9), rate=20.0, seconds=60.0)
    assert script(7, load) == script(7, load) != script(8, load)


@pytest.mark.parametrize("seed", range(20))
def test_two_minutes_hold_every_kind_of_fault(seed: int) -> None:
    faults = plan(seed, FULL)
    kinds = [fault.kind for fault in faults]
    assert set(kinds) == set(Kind)
    assert (kinds.count(Kind.WORKER_KILL), kinds.count(Kind.MOVE)) == (KILLS, MOVES)
    assert all(0 < fault.at < FULL.seconds for fault in faults)
    assert list(faults) == sorted(faults, key=lambda fault: fault.at)


@pytest.mark.parametrize("scale", [FULL, SHORT])
def test_targets_exist(scale: Scale) -> None:
    for fault in (fault for seed in SEEDS for fault in plan(seed, scale)):
        nodes = fault.kind in (Kind.SUPERVISOR_KILL, Kind.NODE_LOSS, Kind.NODE_DRAIN)
        hosts = fault.kind in (
            *(Kind.WORKER_KILL, Kind.WORKER_STOP, Kind.MOVE),
            *(Kind.TELEGRAM_CUT, Kind.TELEGRAM_HALF_OPEN),
        )
        assert fault.target in (range(1, 3) if nodes else range(scale.hosts if hosts else scale.routes))


@pytest.mark.parametrize("seed", range(20))
def test_what_cannot_be_done_at_once_is_not_planned_at_once(seed: int) -> None:
    """Redis and PostgreSQL have one keeper, which waits while Redis is held down; and one node has to live."""
    outages = [fault for fault in plan(seed, FULL) if fault.kind in OUTAGES]
    for kinds in ("redis", "postgres", "redis_down postgres", "supervisor node"):
        struck = [fault for fault in outages if any(fault.kind.startswith(kind) for kind in kinds.split())]
        for one, other in combinations(struck, 2):
            apart = 40.0 if "node" in kinds else 1.0
            assert _end(one) + apart < other.at or _end(other) + apart < one.at, (one, other)


def test_edits_and_deletes_come_after_their_post_and_never_both() -> None:
    steps = script(3, Load(routes=5, heard=(0, 2), rate=50.0, seconds=30.0))
    posted: set[int] = set()
    changed: list[int] = []
    for step in steps:
        if step.what is What.POST:
            posted.add(step.number)
        elif step.what is What.SAY:
            assert step.route in (0, 2)
        else:
            assert step.number in posted
            changed.append(step.number)
    assert len(posted) == 1500
    assert len(changed) == len(set(changed)) > 100
    numbers = [step.number for step in steps if step.what in (What.POST, What.SAY)]
    assert len(numbers) == len(set(numbers))


def _end(fault: Fault) -> float:
    return fault.at + (0.0 if fault.kind is Kind.NODE_LOSS else fault.lasts)
