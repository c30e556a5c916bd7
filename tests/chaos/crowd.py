"""`python -m tests.chaos.crowd [--sessions 250 --pairs 1000 --minutes 5 --rate 5 --report FILE]`: a host full of
sessions, without faults. Exit code 1 when a message was lost, doubled or out of order, a session was not live at the
end, a process of an account held more than two connections, or control or the admin site did not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.chaos.outcome import Outcome, outcome
from tests.harness.command import add_options, report, say

if TYPE_CHECKING:
    from tests.harness.installation import Installation

SERVICES = ("discord", "control", "beat", "web")
LOOK = 5.0  # seconds between two looks at what else has to go on
PATIENCE = 10.0  # seconds that control may take to answer
PER_PROCESS = 2  # connections
_CONNECTIONS = """
SELECT count(*) FILTER (WHERE usename = 'relay_accounts'), count(*) FILTER (WHERE usename <> 'relay_accounts')
FROM pg_stat_activity WHERE datname = current_database()
"""


@dataclass(slots=True)
class Looks:
    """What was seen meanwhile. `of_accounts` and `of_services` are the most connections of each."""

    looks: int = 0
    site_silent: int = 0
    control_silent: int = 0
    of_accounts: int = 0
    of_services: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Outcome):
    """`live` sessions at the end, in `processes` on one node; `longest_ms`: from the source to the destination."""

    sessions: int
    live: int
    pairs: int
    processes: int
    seconds: float
    setup_seconds: float
    longest_ms: float
    looks: Looks

    @property
    def flawless(self) -> bool:
        """Everything arrived once and in order, everybody is live, the services answered at every look."""
        silent = self.looks.site_silent or self.looks.control_silent or not self.looks.looks
        within = self.looks.of_accounts <= PER_PROCESS * self.processes
        return self.whole and not silent and within and self.live == self.sessions


def main() -> int:
    """Runs and reports."""
    return 0 if report(_arguments(), _run)["flawless"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.crowd", description=__doc__)
    parser.add_argument("--sessions", type=int, default=250)
    parser.add_argument("--pairs", type=int, default=1000, help="of all sessions together")
    parser.add_argument("--minutes", type=float, default=5.0, help="of load")
    parser.add_argument("--rate", type=float, default=5.0, help="posts a second")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.harness.installation import Installation
    from tests.harness.waves import settle_in

    began = time.monotonic()
    with Installation(profile="real", nodes=1, services=SERVICES) as here:
        world = here.populate(asked.sessions, -(-asked.pairs // asked.sessions))
        here.start_services()
        settle_in(world, here.control_url)
        took = time.monotonic() - began
        say(f"{len(world.routes)} pairs are relayed after {took:.0f} s")
        found = asyncio.run(_play(here, asked, took))
    return asdict(found) | {"flawless": found.flawless}


async def _play(here: Installation, asked: argparse.Namespace, took: float) -> Report:
    from project.sandbox.client import ControlClient
    from tests.chaos.people import People
    from tests.chaos.recovery import trips_of
    from tests.chaos.script import Load, script
    from tests.chaos.settling import settle, verdicts

    routes, looks = len(here.world.routes), Looks()
    async with ControlClient(here.control_url) as control:
        people = People(control, here.world)
        steps = script(asked.seed, Load(routes, list(range(routes)), asked.rate, asked.minutes * 60))
        watching = asyncio.create_task(_watch(here, looks))
        await people.play(steps)
        records = await settle(control, here, people.done)
        watching.cancel()
        counters = await control.counters()
    live, processes = await asyncio.to_thread(_live)
    return Report(
        **outcome(verdicts(records, people.done), counters),
        sessions=asked.sessions,
        live=live,
        pairs=routes,
        processes=processes,
        seconds=asked.minutes * 60,
        setup_seconds=round(took, 1),
        longest_ms=max((t.arrived - t.posted for r in records.values() for t in trips_of(r)[0]), default=0.0),
        looks=looks,
    )


async def _watch(here: Installation, looks: Looks) -> None:
    while True:
        await asyncio.to_thread(_look, here, looks)
        await asyncio.sleep(LOOK)


def _look(here: Installation, looks: Looks) -> None:
    """Ask the admin site, which asks the database, and control, by a command."""
    import psycopg

    from project.celery import app
    from project.run.services import web_port
    from project.run.web_check import answers

    config = here.config
    looks.looks += 1
    looks.site_silent += not answers(web_port(config), public_url=urlsplit(config.public_url).geturl())
    looks.control_silent += not app.control.ping(timeout=PATIENCE, limit=1)
    with psycopg.connect(config.database_url) as conn:
        accounts, services = conn.execute(_CONNECTIONS).fetchone() or (0, 0)
    looks.of_accounts, looks.of_services = max(looks.of_accounts, accounts), max(looks.of_services, services)


def _live() -> tuple[int, int]:
    """Sessions that some process owns, and processes."""
    from django.db import connections
    from django.db.models import F

    from workers.models import Placement
    from workers.selectors import owned_sessions

    try:
        return len(owned_sessions()), Placement.objects.filter(host=F("account"), pid__isnull=False).count()
    finally:
        connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
