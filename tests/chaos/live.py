"""`python -m tests.chaos.live --sessions 60 --pairs 600 --minutes 10 --rate 5 --report FILE`: many sessions live, then
one worker is killed, then Redis is away for 30 s. Exit code 1 when a message was lost, doubled, out of order or
unrecorded, the others' p99 grew by more than 1.2 after the kill, or Redis' absence was felt.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import asdict

from tests.harness.command import add_options, report, say

SERVICES = ("discord", "control", "beat")


def main() -> int:
    """Runs and reports."""
    return 0 if report(_arguments(), _run)["flawless"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.live", description=__doc__)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=600, help="of all sessions together")
    parser.add_argument("--minutes", type=float, default=10.0, help="of load")
    parser.add_argument("--rate", type=float, default=5.0, help="posts a second")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.chaos.live_run import LiveOrder, live
    from tests.chaos.targets import find
    from tests.harness.installation import Installation
    from tests.harness.waves import settle_in

    began = time.monotonic()
    with Installation(profile="real", nodes=2, services=SERVICES) as here:
        world = here.populate(asked.sessions, -(-asked.pairs // asked.sessions))
        here.start_services()
        settle_in(world, here.control_url)
        took = time.monotonic() - began
        say(f"{len(world.routes)} pairs are relayed after {took:.0f} s")
        order = LiveOrder(asked.sessions, asked.minutes * 60, asked.rate, asked.seed, round(took, 1))
        found = asyncio.run(live(here, find(world), order))
    return asdict(found) | {"flawless": found.flawless}


if __name__ == "__main__":
    sys.exit(main())
