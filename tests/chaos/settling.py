"""The wait until everything has arrived, or nothing comes any more."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from project.sandbox.client import ControlClient
from tests.chaos.judge import Verdict, judge
from tests.chaos.records import RouteRecord, read
from tests.chaos.recovery import Strike
from tests.chaos.script import Step
from tests.harness.installation import Installation

PATIENCE = 90.0  # seconds without any progress after the last fault, before what is missing counts as lost
QUIET = 8.0  # seconds after the last arrival: an unsure attempt waits 5 s before it looks, a copy too many as long
LOOK = 1.0


async def settle(
    control: ControlClient, here: Installation, steps: Sequence[Step], strikes: Sequence[Strike] = ()
) -> dict[int, RouteRecord]:
    """Reads what is not complete again and again, until it is, or nothing has come for long; then all once more."""
    left = set(range(len(here.world.routes)))
    missing, since = -1, time.monotonic()
    while left and time.monotonic() - since < PATIENCE:
        began = time.monotonic()
        found = verdicts(await read(control, here.world, left), steps, strikes)
        left = {index for index, verdict in found.items() if verdict.missing}
        if missing != (missing := sum(verdict.missing for verdict in found.values())):
            since = time.monotonic()
        await asyncio.sleep(max(LOOK, 3 * (time.monotonic() - began)))
    await asyncio.sleep(QUIET)
    return await read(control, here.world, range(len(here.world.routes)))


def verdicts(
    records: Mapping[int, RouteRecord], steps: Sequence[Step], strikes: Sequence[Strike] = ()
) -> dict[int, Verdict]:
    """A verdict for each of these routes."""
    return judge(records, steps, Counter(route for strike in strikes for route in strike.routes))
