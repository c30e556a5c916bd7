"""Load, samples, removal of old rows, and the judgement of both the series and the messages."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from pairs.services.retention import journal_removals
from project.core.retention import remove
from project.sandbox.client import ControlClient
from tests.chaos.outcome import Outcome, outcome
from tests.chaos.people import People
from tests.chaos.script import Load, script
from tests.chaos.settling import settle, verdicts
from tests.harness.installation import Installation
from tests.soak.samples import Points, Samples, Stopwatch, rows
from tests.soak.trend import Trend, count_grows, memory_grows, trend

SAMPLE = 5.0  # seconds between two samples
REMOVE = 30.0  # seconds between two removals of old rows; with 0 days everything but the last hundred of a pair is old
REMOVE_LIMIT = 10.0
WARM_UP = 0.25  # of the run: caches fill, pools open
SEED = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. `rate`: posts a second at all sources together."""

    sessions: int
    minutes: float
    rate: float


async def run(here: Installation, order: Order) -> dict[str, object]:
    """The report; docs/reference/soak.md says what each figure means."""
    heard = [n for n, route in enumerate(here.world.routes) if route.readable]
    steps = script(SEED, Load(len(here.world.routes), heard, order.rate, order.minutes * 60))
    samples, removed = Samples(), Counter[str]()
    async with ControlClient(here.control_url) as control:
        people = People(control, here.world)
        watch = [asyncio.create_task(_sample(here, samples)), asyncio.create_task(_remove(here, removed))]
        await people.play(steps)
        for task in watch:
            task.cancel()
        await asyncio.gather(*watch, return_exceptions=True)
        records = await settle(control, here, people.done)
        counters = await control.counters()
    live, dead, vacuums = await asyncio.to_thread(rows)
    found = Outcome(**outcome(verdicts(records, people.done), counters))
    restarts = sum(len(pids) - 1 for pids in samples.pids.values()) + len(here.ended())
    report: dict[str, object] = {
        **asdict(found),
        "pairs": len(here.world.routes),
        **asdict(order),
        "restarts": restarts,
    }
    report |= _figures(samples, order.minutes * 60 * WARM_UP)
    report["journal"] = {
        **asdict(trend(_after(samples.journal_mib, order.minutes * 60 * WARM_UP))),
        "removed": dict(removed),
        "live_rows": live,
        "dead_rows": dead,
        "vacuums": vacuums,
    }
    report["missed"] = [*_missed_messages(found, restarts), *_missed_series(samples, order.minutes * 60 * WARM_UP)]
    return report


async def _sample(here: Installation, samples: Samples) -> None:
    began = Stopwatch()
    while True:
        await asyncio.to_thread(samples.take, here, began.read())
        await asyncio.sleep(SAMPLE)


async def _remove(here: Installation, removed: Counter[str]) -> None:
    """As the hourly task does, with settings under which something is old within this run."""
    removals = [replace(removal, days=0) for removal in journal_removals(here.config)]
    while True:
        await asyncio.sleep(REMOVE)
        removed.update(await asyncio.to_thread(remove, removals, seconds=REMOVE_LIMIT))


def _after(points: Points, seconds: float) -> Points:
    """The series after the warm-up."""
    return [point for point in points if point[0] >= seconds]


def _trends(series: Mapping[str, Points], warm_up: float) -> dict[str, Trend]:
    return {name: trend(_after(points, warm_up)) for name, points in series.items() if len(_after(points, warm_up)) > 1}


def _figures(samples: Samples, warm_up: float) -> dict[str, object]:
    """Each process as first and last MiB or count, and slope per hour."""
    kinds = {"uss_mib": samples.uss, "rss_mib": samples.rss, "fds": samples.fds}
    figures: dict[str, object] = {
        kind: {name: asdict(of) for name, of in sorted(_trends(series, warm_up).items())}
        for kind, series in kinds.items()
    }
    return figures | {"connections": asdict(trend(_after(samples.connections, warm_up)))}


def _missed_messages(found: Outcome, restarts: int) -> list[str]:
    missed = [] if found.whole else [f"messages: {len(found.findings)} findings"]
    missed += [f"concurrent_owners: {found.concurrent_owners}"] if found.concurrent_owners != 1 else []
    return missed + ([f"restarts: {restarts}"] if restarts else [])


def _missed_series(samples: Samples, warm_up: float) -> list[str]:
    mapped = _trends(samples.rss, warm_up)
    memory = {name: of for name, of in _trends(samples.uss, warm_up).items() if memory_grows(of, mapped[name])}
    fds = {name: of for name, of in _trends(samples.fds, warm_up).items() if count_grows(of)}
    missed = [f"memory of {name}: {of.per_hour} MiB/h, {of.first} -> {of.last} MiB" for name, of in memory.items()]
    missed += [f"descriptors of {name}: {of.first} -> {of.last}" for name, of in fds.items()]
    if count_grows(of := trend(_after(samples.connections, warm_up))):
        missed.append(f"connections: {of.first} -> {of.last}")
    return missed
