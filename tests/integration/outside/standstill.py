"""`python -m tests.integration.outside.standstill --report FILE --keep DIR`: Beat, Redis and control stand still in
turn, each for longer than SESSION_TIMEOUT, while posts come. The node's clock is 150 s ahead all the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.harness.environment import BASE, enter

SERVICES = ("control", "beat", "discord")
INTERVAL, HOUR = 10, 20  # seconds: between checks, and the SESSION_TIMEOUT that stands for an hour
SHORT = {
    "SESSION_HEALTH_INTERVAL": str(INTERVAL),
    "WORKER_HEALTH_INTERVAL": str(INTERVAL),
    "SESSION_TIMEOUT": str(HOUR),
}
STILL = 2.5 * HOUR  # seconds of each standstill
AHEAD = "150"  # seconds of the node's clock
CLOCK = Path(__file__).parent / "clock"
LIMIT = 60.0


def main() -> None:
    """Runs and reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    asked = parser.parse_args()
    enter(asked.keep / "var", **SHORT)
    asked.report.write_text(json.dumps(_run(asked.keep), default=str))


def _run(folder: Path) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from tests.harness.installation import Installation
    from tests.harness.rows import add_pairs, log_in_all

    class Here(Installation):
        def _spawn(self, name: str, argv: list[str], env: dict[str, str]) -> None:
            if name.startswith("node"):
                step = folder / "clock"
                step.write_text(AHEAD)
                env |= {"PYTHONPATH": str(CLOCK), "CLOCK_STEP_FILE": str(step)}
            super()._spawn(name, argv, env)

    with Here(profile="off", nodes=1, services=SERVICES) as here:
        world = here.populate(2, 2)
        here.start_services()
        log_in_all(world, here.control_url)
        add_pairs(world)
        return _play(here)


def _play(here: Any) -> dict[str, object]:
    from project.core.models import Notice
    from sessions.models import HealthCheck
    from tests.harness.rows import wait

    passed = HealthCheck.objects.filter(passed=True, detail__has_key="sources")
    wait(lambda: passed.values("session_id").distinct().count() == 2, "a check of each session, by the schedule", LIMIT)
    wait(lambda: Notice.objects.filter(key="clocks").exists(), "the notice about clocks", LIMIT)
    clocks = list(Notice.objects.filter(key="clocks").values_list("text", flat=True))
    phases = {"beat": _stopped(here, "beat"), "redis": _without_redis(here), "control": _stopped(here, "control")}
    return {"clocks": clocks, "phases": phases, "ended": here.ended()}


def _stopped(here: Any, name: str) -> dict[str, object]:
    """A program hangs, and goes on later."""
    os.kill(here.pid(name), signal.SIGSTOP)
    try:
        return _watch(here)
    finally:
        os.kill(here.pid(name), signal.SIGCONT)
        _wait_until_over()


def _without_redis(here: Any) -> dict[str, object]:
    async def down() -> dict[str, object]:
        holding = asyncio.create_task(here.servers.hold_redis_down(STILL + 5))
        await asyncio.sleep(1)
        found = await asyncio.to_thread(_watch, here)
        await holding
        return found

    found = asyncio.run(down())
    _wait_until_over()
    return found


def _wait_until_over() -> None:
    from project.core import notices
    from tests.harness.rows import wait

    wait(lambda: not notices.is_open("checks"), "the checks to be made again", 2 * LIMIT)


def _watch(here: Any) -> dict[str, object]:
    """What people and tables show of a standstill, at its end."""
    from project.core.models import Notice
    from sessions.models import HealthFlip, TelegramSession

    known = set(Notice.objects.values_list("pk", flat=True))
    flips = HealthFlip.objects.count()
    began = time.monotonic()
    told_after, doctor = 0.0, ""
    while time.monotonic() - began < STILL:
        told = Notice.objects.exclude(pk__in=known).filter(key="checks")
        if not told_after and told.exists():
            told_after = round(time.monotonic() - began, 1)
            doctor = _doctor()
        time.sleep(0.2)
    arrived = asyncio.run(_post(here))
    told = Notice.objects.exclude(pk__in=known).exclude(key="clocks").order_by("pk")
    return {
        "told_after": told_after,
        "notices": list(told.values_list("text", flat=True)),
        "doctor": [line for line in doctor.splitlines() if "No checks" in line],
        "flips": HealthFlip.objects.count() - flips,
        "healths": sorted(TelegramSession.objects.values_list("health", flat=True)),
        "arrived": arrived,
    }


def _doctor() -> str:
    argv = [sys.executable, str(BASE / "manage.py"), "doctor"]
    return subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=60, check=False).stdout


async def _post(here: Any) -> bool:
    from project.sandbox.client import ControlClient

    route = here.world.routes[0]
    text = f"posted at {time.monotonic()}"
    async with ControlClient(here.control_url) as control:
        await control.telegram.post(route.source, text)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if any(text in one.text for one in await control.telegram.messages(route.destination)):
                return True
            await asyncio.sleep(0.2)
    return False


if __name__ == "__main__":
    main()
