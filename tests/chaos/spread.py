"""`python -m tests.chaos.spread [--sessions 24 --pairs 3 --seconds 600 --rate 3.2 --report FILE]`: a third node joins
two under load. Exit code 1 when a message was lost, doubled or out of order, an edit or delete was missed, an account
moved twice, or the third node had less than a quarter of the accounts within ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tests.chaos.outcome import Outcome, outcome
from tests.harness.command import add_options, report, say

if TYPE_CHECKING:
    from tests.harness.installation import Installation

SERVICES = ("discord", "control")
JOINER = "node3"
JOINS = 0.05  # share of the run
LIMIT = 600.0  # seconds
SHARE = 0.25
LOOK = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Outcome):
    """`share` of the accounts the third node had at the end; `quarter_seconds`: from its start to a quarter of them;
    `longest_ms`: from the source to the destination, of any message."""

    sessions: int
    pairs: int
    seconds: float
    share: float
    quarter_seconds: float | None
    accounts: dict[str, int]
    moves: int
    moved_twice: int
    longest_ms: float

    @property
    def flawless(self) -> bool:
        """Nothing lost, doubled, swapped or missed; never two owners of a key; a fair share for the third node."""
        return self.whole and self.quarter_seconds is not None and self.share >= SHARE and not self.moved_twice


def main() -> int:
    """Runs and reports."""
    asked = _arguments()
    return 0 if report(asked, _run, EGRESS_NAME="home", BALANCE_INTERVAL=str(asked.interval))["flawless"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.spread", description=__doc__)
    parser.add_argument("--sessions", type=int, default=24)
    parser.add_argument("--pairs", type=int, default=3, help="of each session")
    parser.add_argument("--seconds", type=float, default=600.0, help="of load")
    parser.add_argument("--rate", type=float, default=3.2, help="posts a second, over all pairs")
    parser.add_argument("--interval", type=float, default=60.0, help="BALANCE_INTERVAL")
    parser.add_argument("--profile", choices=("real", "off"), default="real")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.harness.installation import Installation
    from tests.harness.waves import settle_in

    with Installation(profile=asked.profile, nodes=2, services=SERVICES) as here:
        world = here.populate(asked.sessions, asked.pairs)
        here.start_services()
        settle_in(world, here.control_url)
        say(f"{len(world.routes)} pairs are relayed on {_accounts()}")
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
        people = People(control, here.world)
        steps = script(asked.seed, Load(routes, list(range(routes)), asked.rate, asked.seconds))
        playing = asyncio.create_task(people.play(steps))
        await asyncio.sleep(JOINS * asked.seconds)
        here.start(JOINER)
        quarter = await _quarter()
        await playing
        records = await settle(control, here, people.done)
        counters = await control.counters()
    accounts = await asyncio.to_thread(_accounts)
    moved = await asyncio.to_thread(_moved)
    return Report(
        **outcome(verdicts(records, people.done), counters),
        sessions=asked.sessions,
        pairs=routes,
        seconds=asked.seconds,
        share=round(accounts.get(JOINER, 0) / sum(accounts.values()), 3),
        quarter_seconds=quarter,
        accounts=accounts,
        moves=len(moved),
        moved_twice=len(moved) - len(set(moved)),
        longest_ms=max((t.arrived - t.posted for r in records.values() for t in trips_of(r)[0]), default=0.0),
    )


async def _quarter() -> float | None:
    """Seconds until the third node runs a quarter of all accounts; None when it does not in time."""
    began = time.monotonic()
    while (took := time.monotonic() - began) < LIMIT:
        accounts = await asyncio.to_thread(_accounts, up=True)
        if accounts.get(JOINER, 0) >= SHARE * sum(accounts.values()):
            say(f"{JOINER} has a quarter after {took:.0f} s: {accounts}")
            return round(took, 1)
        await asyncio.sleep(LOOK)
    return None


def _accounts(*, up: bool = False) -> dict[str, int]:
    """By node; `up`: of the joiner only those whose process is up."""
    from django.db import connections
    from django.db.models import Count, F, Q

    from workers.models import Placement

    try:
        rows = Placement.objects.filter(host=F("account"), node__isnull=False)
        if up:
            rows = rows.filter(Q(state="up") | ~Q(node__name=JOINER))
        return dict(rows.values_list("node__name").annotate(Count("account")).order_by("node__name"))
    finally:
        connections.close_all()


def _moved() -> list[str]:
    """Accounts, once for each move."""
    from django.db import connections

    from project.core.models import AuditEvent

    try:
        return list(AuditEvent.objects.filter(action="node.balance").values_list("target", flat=True))
    finally:
        connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
