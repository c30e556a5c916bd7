"""`python -m tests.chaos --sessions 24 --seconds 120 --profile real --seed 1 --report FILE`: an installation on two
nodes, hurt in every way under load. Exit code 1 when a message was lost, doubled or swapped, or a key had two owners.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict

from tests.harness.command import add_options, report, say

PAIRS = 3  # of each session
BLIND_EVERY = 8  # one route in so many has a webhook in a channel that the Discord bot may not see
SERVICES = ("discord", "control", "beat")
SHORT_LEASES = {"LEASE_TTL": "9", "LEASE_FENCE": "7", "LEASE_RENEW": "2", "HANDOVER_WAIT": "12"}


def main() -> int:
    """Runs and reports."""
    asked = _arguments()
    return 0 if report(asked, _run, **(SHORT_LEASES if asked.short_leases else {}))["flawless"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--sessions", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=120.0, help="of load; faults come meanwhile")
    parser.add_argument("--profile", choices=("real", "off"), default="real")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, help="posts a second; 3.2 with real limits, 200 without")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of each session")
    parser.add_argument("--only", default="", metavar="KINDS", help="of faults, as redis_down,worker_kill; else all")
    parser.add_argument("--short-leases", action="store_true", help="accounts change hands sooner: for quick runs")
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.chaos.run import RATES, Order, run
    from tests.chaos.schedule import Kind
    from tests.chaos.targets import find
    from tests.harness.installation import Installation
    from tests.harness.waves import settle_in

    only = frozenset(Kind(kind) for kind in asked.only.split(",")) if asked.only else frozenset(Kind)
    order = Order(asked.profile, asked.sessions, asked.seconds, asked.seed, asked.rate or RATES[asked.profile], only)
    with Installation(profile=asked.profile, nodes=2, services=SERVICES) as here:
        world = here.populate(asked.sessions, asked.pairs, blind_every=BLIND_EVERY)
        here.start_services()
        settle_in(world, here.control_url)
        say(f"{len(world.routes)} pairs are relayed; {asked.seconds:g} s of faults begin")
        found = asyncio.run(run(here, find(world), order))
        say(f"everything had arrived {found.settled_seconds:g} s after them")
    return asdict(found) | {"flawless": found.flawless}


if __name__ == "__main__":
    sys.exit(main())
