"""One live run: load, one kill in the middle of it, Redis away at its end, and the judgement."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from project.sandbox.client import ControlClient
from tests.chaos.gaps import redis_gap
from tests.chaos.injector import Injector
from tests.chaos.journal import read_rows, unrecorded
from tests.chaos.outcome import Outcome, outcome
from tests.chaos.people import People
from tests.chaos.records import RouteRecord
from tests.chaos.recovery import Strike, recovery, trips_of
from tests.chaos.run import MOST_GAP, restart_ended
from tests.chaos.schedule import Fault, Kind
from tests.chaos.script import Load, script
from tests.chaos.settling import settle, verdicts
from tests.chaos.targets import Targets
from tests.harness.installation import Installation

KILL, WINDOW, REDIS = 0.6, 0.28, 0.9  # shares of the run: the kill, what is compared before and after it, Redis' end
MOST_GROWTH = 1.2
REDIS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """What to run; `setup_seconds` is what it took until all pairs were relayed."""

    sessions: int
    seconds: float
    rate: float
    seed: int
    setup_seconds: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How long messages took from source to destination, in milliseconds."""

    messages: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReport(Outcome):
    """docs/reference/chaos.md says what each figure means."""

    sessions: int
    pairs: int
    seconds: float
    setup_seconds: float
    unrecorded: int
    unasked_restarts: dict[str, int]
    killed: str
    worst_recovery_ms: dict[str, float | None]
    others_before: Spread
    others_after: Spread
    others_p99_growth: float
    quiet_p99_growth: float
    redis_down_max_gap_ms: float | None

    @property
    def flawless(self) -> bool:
        """Everything arrived once, in order and recorded; neither the kill nor Redis' absence was felt by others."""
        felt = (self.redis_down_max_gap_ms or 0.0) > MOST_GAP or self.others_p99_growth > MOST_GROWTH
        return self.whole and not self.unrecorded and not felt


async def live(here: Installation, targets: Targets, order: LiveOrder) -> LiveReport:
    """Plays load and both faults."""
    faults = [
        Fault(KILL * order.seconds, Kind.WORKER_KILL, 0.0, order.seed % order.sessions),
        Fault(REDIS * order.seconds, Kind.REDIS_DOWN, REDIS_SECONDS),
    ]
    steps = script(order.seed, Load(len(targets.routes), sorted(targets.heard), order.rate, order.seconds))
    async with ControlClient(here.control_url) as control:
        people = People(control, here.world)
        injector = Injector(here, control, targets, people, order.seed)
        unasked: Counter[str] = Counter()
        watch = asyncio.create_task(restart_ended(here, injector.away, unasked))
        async with asyncio.TaskGroup() as group:
            group.create_task(people.play(steps))
            group.create_task(injector.play(faults))
        records = await settle(control, here, people.done, injector.strikes)
        watch.cancel()
        counters = await control.counters()
    bare = unrecorded(records, await read_rows(here.config.database_direct_url, here.world))
    kill = next(strike for strike in injector.strikes if strike.fault.kind is Kind.WORKER_KILL)
    earlier, before, after = _others(records, kill, WINDOW * order.seconds * 1000)
    return LiveReport(
        **outcome(verdicts(records, people.done, injector.strikes), counters, bare),
        sessions=order.sessions,
        pairs=len(targets.routes),
        seconds=order.seconds,
        setup_seconds=order.setup_seconds,
        unrecorded=len(bare),
        unasked_restarts=dict(unasked),
        killed=kill.note,
        worst_recovery_ms=recovery(injector.strikes, records).alone,
        others_before=before,
        others_after=after,
        others_p99_growth=round(after.p99 / before.p99, 2),
        quiet_p99_growth=round(before.p99 / earlier.p99, 2),
        redis_down_max_gap_ms=redis_gap(injector.strikes, records)[0],
    )


def _others(records: Mapping[int, RouteRecord], kill: Strike, window: float) -> tuple[Spread, Spread, Spread]:
    """Of the routes that the killed process had nothing to do with, in two equal times before the kill and one after.

    What changes between the first two is chance.
    """
    trips = [trip for route, record in records.items() if route not in kill.routes for trip in trips_of(record)[0]]
    starts = (kill.began + turn * window for turn in (-2, -1, 0))
    times = ([t.arrived - t.posted for t in trips if start <= t.posted < start + window] for start in starts)
    earlier, before, after = map(spread, times)
    return earlier, before, after


def spread(times: Iterable[float]) -> Spread:
    """Median and 99th percentile: the time that one message in a hundred exceeds."""
    ordered = sorted(times)
    places = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99)]
    return Spread(len(ordered), *(round(place, 1) for place in places))
