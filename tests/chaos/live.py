"""`python -m tests.chaos.live --sessions 60 --pairs 600 --minutes 10 --rate 5 --report FILE`: many sessions live, then
one worker is killed, then Redis is away for 30 s. Exit code 1 when a message was lost, doubled, out of order or
unrecorded, the others' p99 grew by more than 1.2 after the kill, or Redis' absence was felt.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.harness.environment import enter

if TYPE_CHECKING:
    from tests.chaos.live_run import LiveReport

SERVICES = ("discord", "control", "beat")


def main() -> int:
    """Runs and reports."""
    asked = _arguments()
    with ExitStack() as stack:
        var = asked.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-live-"))
        enter(Path(var))
        report = _run(asked)
    line = json.dumps(asdict(report) | {"flawless": report.flawless}, indent=2)
    if asked.report:
        Path(asked.report).write_text(line + "\n")
    sys.stdout.write(line + "\n")
    return 0 if report.flawless else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.live", description=__doc__)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=600, help="of all sessions together")
    parser.add_argument("--minutes", type=float, default=10.0, help="of load")
    parser.add_argument("--rate", type=float, default=5.0, help="posts a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", help="file for the JSON, which is printed too")
    parser.add_argument("--keep", help="empty directory for the installation's data and logs, which stay there")
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> LiveReport:
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
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {len(world.routes)} pairs are relayed after {took:.0f} s\n")
        order = LiveOrder(asked.sessions, asked.minutes * 60, asked.rate, asked.seed, round(took, 1))
        return asyncio.run(live(here, find(world), order))


if __name__ == "__main__":
    sys.exit(main())
