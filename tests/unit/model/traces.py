"""For each rule, the course of events that needs it: harmless with the rule, a Violation without."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.model.parts import HOPS, Process, Stage
from tests.unit.model.world import World

HOUR = 3600


def successor(world: World, account: str, *, after: int = 0) -> Process:
    """Another process takes the account over, as soon as it may."""
    process = world.start(account)
    world.acquire(process)
    world.calm(after)
    world.connect(process)
    world.load(process)
    return process


def work(world: World, process: Process, *, times: int = 8) -> None:
    """Everything that one owner of the pair would do now, on hop 1."""
    for _ in range(times):
        world.append(process, Stage.COMMITTED)
        world.lane(process, HOPS[0], Stage.COMMITTED)
        world.send(process, HOPS[0])


def finish_writes(world: World) -> None:
    """What waits in processes or in the database goes on."""
    for write in world.queued():
        world.begin(write)
    for write in list(world.writes):
        world.commit(write)


def a_write_of_the_dead_is_committed_late(world: World) -> None:
    """The new owner has read the journal before the old one's row is in it."""
    old, *_ = world.processes
    world.top = 1
    world.append(old, Stage.BEGUN)
    world.die(old)
    world.free(old)
    new = successor(world, "A")
    finish_writes(world)
    world.top = 2
    work(world, new)


def the_databases_clock_is_set_ahead(world: World) -> None:
    """The lease looks expired while its owner is well."""
    old, *_ = world.processes
    world.skew = HOUR
    successor(world, "A")
    world.ping(old)


def a_process_is_frozen_right_after_it_connected(world: World) -> None:
    """It wakes when another one has its account."""
    first, *_ = world.processes
    world.die(first)
    world.free(first)
    frozen = successor(world, "A")
    frozen.frozen = True
    world.calm(16)
    successor(world, "A", after=16)
    world.wake(frozen)
    world.ping(frozen)


def an_append_waits_in_the_old_owner_during_the_hand_over(world: World) -> None:
    """The new owner's lane does not know of the row and goes on behind it."""
    old, new, _ = world.processes
    world.top = 1
    world.append(old, Stage.QUEUED)
    world.wanted = "B"
    world.leave(old)
    world.give(old)
    world.load(new)
    finish_writes(world)
    world.top = 2
    work(world, new)


def a_call_is_under_way_when_the_pair_is_wanted_elsewhere(world: World) -> None:
    """The new owner finds `sending`, looks, finds nothing, and sends."""
    old, new, _ = world.processes
    _call(world, old)
    world.leave(old)
    world.give(old)
    world.load(new)
    work(world, new)
    world.send(old, 1)


def a_worker_is_told_to_end_and_takes_its_time(world: World) -> None:
    """Its successor comes before it has gone."""
    old, *_ = world.processes
    old.told_to_end = True
    world.free(old)
    successor(world, "A")
    world.ping(old)


def control_believes_the_databases_clock(world: World) -> None:
    """It takes the pair from an owner that lives, with a call under way."""
    old, new, _ = world.processes
    _call(world, old)
    world.skew = HOUR
    world.force()
    world.load(new)
    work(world, new)
    world.send(old, 1)


def _call(world: World, owner: Process) -> None:
    world.top = 1
    world.append(owner, Stage.COMMITTED)
    world.lane(owner, 1, Stage.COMMITTED)
    world.wanted = "B"


TRACES: dict[str, Callable[[World], None]] = {
    "locks": a_write_of_the_dead_is_committed_late,
    "waits": the_databases_clock_is_set_ahead,
    "arms_first": a_process_is_frozen_right_after_it_connected,
    "generations": an_append_waits_in_the_old_owner_during_the_hand_over,
    "drains": a_call_is_under_way_when_the_pair_is_wanted_elsewhere,
    "reports": a_worker_is_told_to_end_and_takes_its_time,
    "own_clock": control_believes_the_databases_clock,
}
