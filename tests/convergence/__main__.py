"""`python -m tests.convergence --scripts 64 --seed 1 --report FILE`: people, moderators and administrators write, edit
and delete on all sides while things go wrong; afterwards every chat is compared with what it should hold. Exit code 1
on any difference.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict

from tests.harness.command import add_options, report, say

SERVICES = ("discord", "control")
QUICK = {  # intervals and leases of a short run
    "LEASE_TTL": "9",
    "LEASE_FENCE": "7",
    "LEASE_RENEW": "2",
    "HANDOVER_WAIT": "12",
    "SOURCE_POLL_INTERVAL": "2",
}


def main() -> int:
    """Runs and reports."""
    return 0 if report(_arguments(), _run, **QUICK)["converged"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.convergence", description=__doc__)
    parser.add_argument("--scripts", type=int, default=64)
    parser.add_argument("--first", type=int, default=1, help="number of the first script, to replay one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=8, help="of each session")
    parser.add_argument("--calm", action="store_true", help="nothing goes wrong: only the acts")
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.convergence.run import Order, run
    from tests.harness.installation import Installation
    from tests.harness.waves import settle_in

    order = Order(asked.seed, asked.first, asked.scripts, calm=asked.calm)
    with Installation(profile="off", nodes=1, services=SERVICES) as here:
        world = here.populate(asked.sessions, asked.pairs)
        here.start_services()
        settle_in(world, here.control_url)
        say(f"{len(world.routes)} pairs are relayed")
        found = asyncio.run(run(here, order))
    return asdict(found) | {"converged": found.converged}


if __name__ == "__main__":
    sys.exit(main())
