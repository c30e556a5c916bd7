"""`python -m tests.chaos.moves [--pairs 30 --seconds 60 --rate 8 --profile real --report FILE]`: /changesession under
load. All pairs of one session go to another one, and back by undo, while people write. Exit code 1 when a message was
lost, doubled or out of order, an edit or delete was missed, or a pair did not change hands.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from tests.chaos.outcome import Outcome, outcome
from tests.harness.command import add_options, report, say

if TYPE_CHECKING:
    from tests.harness.installation import Installation

SERVICES = ("discord", "control")
THERE, BACK = 0.3, 0.65  # shares of the run at which the pairs are moved, and moved back
LIMIT = 60.0  # seconds that a move of all pairs may take
ACTOR = "chaos"


@dataclass(frozen=True, slots=True)
class Moved:
    """One move of all pairs: seconds of planning and commit, and from then to the last hand-over."""

    pairs: int
    commit_s: float
    hand_over_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Outcome):
    """`longest_ms`: from the source to the destination, of any message."""

    pairs: int
    rate: float
    seconds: float
    there: Moved
    back: Moved
    longest_ms: float

    @property
    def flawless(self) -> bool:
        """Nothing lost, doubled, swapped or missed; all pairs moved both times; never two owners of a key."""
        return self.whole and self.there.pairs == self.back.pairs == self.pairs


def main() -> int:
    """Runs and reports."""
    return 0 if report(_arguments(), _run)["flawless"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.moves", description=__doc__)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0, help="of load")
    parser.add_argument("--rate", type=float, default=8.0, help="posts a second, over all pairs")
    parser.add_argument("--profile", choices=("real", "off"), default="real")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.harness.installation import Installation
    from tests.harness.waves import settle_in

    with Installation(profile=asked.profile, nodes=1, services=SERVICES) as here:
        world = here.populate(2, asked.pairs)
        first = world.people[0].name
        here.world = replace(world, routes=tuple(route for route in world.routes if route.session == first))
        here.start_services()
        settle_in(here.world, here.control_url)
        say(f"{len(here.world.routes)} pairs are relayed")
        found = asyncio.run(_play(here, asked))
    return asdict(found) | {"flawless": found.flawless}


async def _play(here: Installation, asked: argparse.Namespace) -> Report:
    from project.sandbox.client import ControlClient
    from tests.chaos.people import People
    from tests.chaos.recovery import trips_of
    from tests.chaos.script import Load, script
    from tests.chaos.settling import settle, verdicts

    routes = len(here.world.routes)
    async with ControlClient(here.control_url) as control:
        second = here.world.people[1]
        for route in here.world.routes:
            await control.telegram.join(route.source, second.user_id)
            await control.telegram.join(route.destination, second.user_id, admin=True)
        people = People(control, here.world)
        steps = script(asked.seed, Load(routes, list(range(routes)), asked.rate, asked.seconds))
        playing = asyncio.create_task(people.play(steps))
        await asyncio.sleep(THERE * asked.seconds)
        there = await asyncio.to_thread(_apart, _move, here.world.people[0].name, second.name)
        await asyncio.sleep((BACK - THERE) * asked.seconds - there.commit_s - there.hand_over_s)
        back = await asyncio.to_thread(_apart, _undo)
        await playing
        records = await settle(control, here, people.done)
        counters = await control.counters()
    return Report(
        **outcome(verdicts(records, people.done), counters),
        pairs=routes,
        rate=asked.rate,
        seconds=asked.seconds,
        there=there,
        back=back,
        longest_ms=max((t.arrived - t.posted for r in records.values() for t in trips_of(r)[0]), default=0.0),
    )


def _apart(work: Callable[..., Moved], *args: str) -> Moved:
    """In a thread of its own, with database connections of its own."""
    from django.db import connections

    try:
        return work(*args)
    finally:
        connections.close_all()


def _move(first: str, second: str) -> Moved:
    from pairs.services.moving import change_sessions

    began = time.monotonic()
    operation = change_sessions(actor=ACTOR, pairs=f"all_from:{first}", target=second).operation
    assert operation is not None, "nothing was moved"
    return _done(operation.id, time.monotonic() - began)


def _undo() -> Moved:
    from pairs.services.progress import undo
    from project.core.models import Operation

    began = time.monotonic()
    operation = undo(Operation.objects.latest("pk").pk, actor=ACTOR)
    assert operation is not None, "nothing was moved back"
    return _done(operation.id, time.monotonic() - began)


def _done(operation_id: int, committed: float) -> Moved:
    """Waits for the last hand-over."""
    from pairs.services.progress import look

    began = time.monotonic()
    while (seen := look(operation_id)).waiting and time.monotonic() - began < LIMIT:
        time.sleep(0.1)
    took = time.monotonic() - began
    say(f"{seen.operation.done} of {seen.operation.total} pairs changed hands in {took:.1f} s")
    return Moved(seen.operation.done, round(committed, 2), round(took, 2))


if __name__ == "__main__":
    sys.exit(main())
