"""`python -m tests.integration.outside.rolling --report FILE --keep DIR`: two nodes under load; each is restarted in
turn, and the clock of all processes is set an hour ahead before the first, and two hours back before the second.

Both nodes leave from one address, so that nobody waits for a hand-over; moves between addresses are chaos' business.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.harness.environment import enter

SERVICES = ("discord",)
SHORT_LEASES = {"LEASE_TTL": "9", "LEASE_FENCE": "7", "LEASE_RENEW": "2", "HANDOVER_WAIT": "12"}
CLOCK = Path(__file__).parent / "clock"
AHEAD, BACK = "3600", "-3600"  # seconds that the clock is off by
EACH = 1.0  # seconds of load between two events
LIMIT = 90.0
ADDRESS = "127.0.1.1"
QUIET = 5.5  # seconds after the last arrival: a copy too many takes that long


def main() -> None:
    """Runs and reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    asked = parser.parse_args()
    enter(asked.keep / "var", **SHORT_LEASES)
    step = asked.keep / "clock"
    step.write_text("0")
    clock = os.environ | {"PYTHONPATH": str(CLOCK), "CLOCK_STEP_FILE": str(step)}
    os.environ |= {name: clock[name] for name in ("PYTHONPATH", "CLOCK_STEP_FILE")}
    asked.report.write_text(json.dumps(_run(step)))


def _run(step: Path) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.harness.installation import Installation
    from tests.harness.rows import add_pairs, log_in_all

    class Here(Installation):
        def _spawn(self, name: str, argv: list[str], env: dict[str, str]) -> None:
            super()._spawn(name, argv, env | ({"EGRESS_ADDRESS": ADDRESS} if name.startswith("node") else {}))

    with Here(profile="off", nodes=2, services=SERVICES) as here:
        world = here.populate(2, 3)
        here.start_services()
        log_in_all(world, here.control_url)
        add_pairs(world)
        return asyncio.run(_play(here, step))


async def _play(here: Any, step: Path) -> dict[str, object]:
    from project.sandbox.client import ControlClient
    from tests.chaos.judge import Verdict, judge
    from tests.chaos.people import People
    from tests.chaos.records import read

    async with ControlClient(here.control_url) as control:
        people = People(control, here.world)
        before = await _settled_owners(here)
        load = asyncio.create_task(_load(here, people))
        await asyncio.sleep(EACH)
        await _set(step, AHEAD)
        drains: list[float] = []
        figures: dict[str, object] = {"drains": drains, "clock": {"before": before, "after": await _owners(here)}}
        drains.append(await _restart(here, "node1"))
        await _set(step, BACK)
        drains.append(await _restart(here, "node2"))
        await asyncio.sleep(EACH)
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
        steps = list(people.done)

        async def records() -> Any:
            return await read(control, here.world, range(len(here.world.routes)))

        async def complete() -> bool:
            return not any(verdict.missing for verdict in judge(await records(), steps, {}).values())

        await _until(complete)
        await asyncio.sleep(QUIET)
        total = sum(judge(await records(), steps, {}).values(), Verdict())
        counters = await control.counters()
    owners = {"concurrent_owners": counters.concurrent_owners, "unknown_methods": counters.unknown_methods}
    return asdict(total) | owners | figures | {"ended": here.ended()}


async def _load(here: Any, people: Any) -> None:
    """Posts, edits, deletes and people's words, until cancelled; each cancelled call is written to the end."""
    from tests.chaos.script import Load, script

    routes = len(here.world.routes)
    await people.play(script(1, Load(routes, range(routes), 8.0, LIMIT * 4)))


async def _set(step: Path, seconds: str) -> None:
    """Sets the clock of every process."""
    await asyncio.to_thread(step.write_text, seconds)
    await asyncio.sleep(EACH)


async def _settled_owners(here: Any) -> dict[str, object]:
    """Once senders have moved to where they are used: nothing has changed for a while."""
    owners: dict[str, object] = {}
    while owners != (owners := await _owners(here)):
        await asyncio.sleep(2 * EACH)
    return owners


async def _owners(here: Any) -> dict[str, object]:
    from django.db import connection

    def read() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, epoch FROM core_lease ORDER BY name")
            return dict(cursor.fetchall())

    pids = {account: process.pid for account, process in here.workers_by_account().items()}
    return {"pids": pids, "epochs": await asyncio.to_thread(read)}


async def _restart(here: Any, name: str) -> float:
    """SIGTERM, the end, a new start, until it is up and everybody runs somewhere; seconds that the drain took."""
    accounts = set(here.workers_by_account())
    began = time.monotonic()
    await asyncio.to_thread(here.end, name)
    drained = time.monotonic() - began
    here.start(name)

    async def everybody() -> bool:
        return await asyncio.to_thread(_nodes_up) == 2 and set(here.workers_by_account()) >= accounts

    await _until(everybody)
    await asyncio.sleep(EACH)
    return round(drained, 1)


def _nodes_up() -> int:
    from django.db.models.functions import Now

    from workers.models import Node, NodeState

    fresh = Now() - _seconds(5)
    return Node.objects.filter(state=NodeState.UP, heartbeat_at__gt=fresh).values("name").distinct().count()


def _seconds(number: float) -> Any:
    from datetime import timedelta

    return timedelta(seconds=number)


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    end = time.monotonic() + LIMIT
    while not await true():
        if time.monotonic() > end:
            sys.stderr.write("waited in vain\n")
            return
        await asyncio.sleep(0.3)


if __name__ == "__main__":
    main()
