"""`python -m tests.soak --minutes 30 --rate 50 --report FILE`: one node under steady load, old rows removed meanwhile.

Exit code 1 when memory or descriptors grow, a process ended, or a message was lost, doubled or swapped.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.harness.command import add_options, report, say

SERVICES = ("discord", "control", "beat")


def main() -> int:
    """Runs and reports."""
    return 1 if report(_arguments(), _run)["missed"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=50.0, help="posts a second at all sources together")
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=3, help="of each session")
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.harness.installation import Installation
    from tests.harness.rows import add_pairs, log_in_all
    from tests.soak.run import Order, run

    with Installation(profile="off", nodes=1, services=SERVICES) as here:
        world = here.populate(asked.sessions, asked.pairs)
        here.start_services()
        log_in_all(world, here.control_url)
        add_pairs(world)
        say(f"{len(world.routes)} pairs are relayed")
        return asyncio.run(run(here, Order(asked.sessions, asked.minutes, asked.rate)))


if __name__ == "__main__":
    sys.exit(main())
