"""One run of chaos: load, faults, and the judgement of what the sandbox holds afterwards."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from project.sandbox.client import ControlClient
from tests.chaos.gaps import redis_delay, redis_gap
from tests.chaos.injector import Injector
from tests.chaos.journal import read_rows, unrecorded
from tests.chaos.outcome import Outcome, outcome
from tests.chaos.people import People
from tests.chaos.recovery import Strike, anything, recovery
from tests.chaos.schedule import OUTAGES, Fault, Kind, Scale, plan
from tests.chaos.script import Load, script
from tests.chaos.settling import QUIET, settle, verdicts
from tests.chaos.targets import Targets
from tests.harness.installation import Installation

RATES = {"real": 3.2, "off": 200.0}  # posts a second at the sources
MOST_GAP = 2000.0  # milliseconds that a pair may stand still while Redis is down
WATCH = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """What to run."""

    profile: str
    sessions: int
    seconds: float
    seed: int
    rate: float
    only: frozenset[Kind] = frozenset(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Outcome):
    """docs/reference/chaos.md says what each figure means."""

    sessions: int
    pairs: int
    seed: int
    seconds: float
    kills: int
    moves: int
    outages: int
    worst_recovery_ms: dict[str, float | None]
    worst_recovery_overlapping_ms: dict[str, float | None]
    worst_recovery_where: dict[str, str]
    worst_next_delivery_ms: dict[str, float | None]
    redis_down_max_gap_ms: float | None
    redis_down_gap_where: str
    redis_down_max_delay_ms: float | None
    unrecorded: int
    settled_seconds: float
    unasked_restarts: dict[str, int]
    schedule: list[dict[str, object]]

    @property
    def flawless(self) -> bool:
        """Nothing lost, doubled, swapped or sent unrecorded, every edit and delete followed, never two owners of a key,
        and Redis' absence not felt."""
        felt = (self.redis_down_max_gap_ms or 0.0) > MOST_GAP
        return self.whole and not self.unrecorded and not felt


async def run(here: Installation, targets: Targets, order: Order) -> Report:
    """Plays load and faults at once and waits until everything has arrived."""
    scale = Scale(order.seconds, len(targets.hosts), len(targets.routes), here.config.lease_ttl)
    faults = plan(order.seed, scale, order.only)
    steps = script(order.seed, Load(scale.routes, sorted(targets.heard), order.rate, order.seconds))
    async with ControlClient(here.control_url) as control:
        people = People(control, here.world)
        injector = Injector(here, control, targets, people, order.seed)
        unasked: Counter[str] = Counter()
        watch = asyncio.create_task(restart_ended(here, injector.away, unasked))
        async with asyncio.TaskGroup() as group:
            group.create_task(people.play(steps))
            group.create_task(injector.play(faults))
        over = time.monotonic()
        await control.telegram.clear_faults()
        await control.discord.clear_faults()
        records = await settle(control, here, people.done, injector.strikes)
        watch.cancel()
        counters = await control.counters()
    bare = unrecorded(records, await read_rows(here.config.database_direct_url, here.world))
    took = recovery(injector.strikes, records)
    gap, gap_where = redis_gap(injector.strikes, records)
    struck = Counter(strike.fault.kind for strike in injector.strikes)
    return Report(
        **outcome(verdicts(records, people.done, injector.strikes), counters, bare),
        sessions=order.sessions,
        pairs=scale.routes,
        seed=order.seed,
        seconds=order.seconds,
        kills=struck[Kind.WORKER_KILL],
        moves=struck[Kind.MOVE],
        outages=sum(struck[kind] for kind in OUTAGES),
        worst_recovery_ms=took.alone,
        worst_recovery_overlapping_ms=took.overlapping,
        worst_recovery_where=took.slowest,
        worst_next_delivery_ms=recovery(injector.strikes, records, anything).alone,
        redis_down_max_gap_ms=gap,
        redis_down_gap_where=gap_where,
        redis_down_max_delay_ms=redis_delay(injector.strikes, records),
        unrecorded=len(bare),
        settled_seconds=round(time.monotonic() - over - QUIET, 1),
        unasked_restarts=dict(unasked),
        schedule=[_line(fault, injector.strikes) for fault in faults],
    )


async def restart_ended(here: Installation, away: set[str], unasked: Counter[str]) -> None:
    """Starts again what ended by itself, as `manage.py up` and Docker do; each such end is counted."""
    while True:
        for name in set(here.ended()) - away:
            unasked[name] += 1
            here.start(name)
        await asyncio.sleep(WATCH)


def _line(fault: Fault, strikes: Sequence[Strike]) -> dict[str, object]:
    """A fault as planned, and what came of it; `struck` is null when there was nothing to hit."""
    strike = next((strike for strike in strikes if strike.fault is fault), None)
    return {
        "at": round(fault.at, 2),
        "kind": fault.kind.value,
        "lasts": fault.lasts,
        "target": fault.target,
        "struck": strike and (strike.note or "everybody"),
    }
