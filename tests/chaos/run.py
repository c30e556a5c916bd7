"""One run of chaos: load, faults, and the judgement of what the sandbox holds afterwards."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from project.sandbox.client import ControlClient
from tests.chaos.injector import Injector
from tests.chaos.journal import read_rows, unrecorded
from tests.chaos.judge import Verdict, judge
from tests.chaos.people import People
from tests.chaos.records import RouteRecord, read
from tests.chaos.recovery import Strike, recovery, redis_gap
from tests.chaos.schedule import NODE_ENDS, OUTAGES, Fault, Kind, Scale, plan
from tests.chaos.script import Load, Step, script
from tests.chaos.targets import Targets
from tests.harness.installation import Installation

RATES = {"real": 3.2, "off": 200.0}  # posts a second at the sources
CROWDING = {"real": frozenset[Kind](), "off": NODE_ENDS}  # at 200/s a lost node's backlog takes all of the machine
PATIENCE = 90.0  # seconds without any progress after the last fault, before what is missing counts as lost
QUIET = 8.0  # seconds after the last arrival: an unsure attempt waits 5 s before it looks, a copy too many as long
MOST_GAP = 2000.0  # milliseconds between a post and its arrival while Redis is down
LOOK = 1.0
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


@dataclass(frozen=True, slots=True)
class Report:
    """docs/reference/chaos.md says what each figure means."""

    profile: str
    sessions: int
    pairs: int
    seed: int
    seconds: float
    sent: int
    lost: int
    duplicated: int
    duplicated_webhook_ambiguous: int
    out_of_order: int
    concurrent_owners: int
    kills: int
    moves: int
    outages: int
    worst_recovery_ms: dict[str, float | None]
    worst_recovery_overlapping_ms: dict[str, float | None]
    worst_recovery_where: dict[str, str]
    redis_down_max_gap_ms: float | None
    unrecorded: int
    settled_seconds: float
    unasked_restarts: dict[str, int]
    unknown_methods: int
    edits: int
    edits_synced: int
    deletes: int
    deletes_synced: int
    findings: list[str]
    schedule: list[dict[str, object]]

    @property
    def flawless(self) -> bool:
        """Nothing lost, doubled, swapped or sent unrecorded, every edit and delete followed, never two owners of a key,
        and Redis' absence not felt."""
        wrong = self.lost, self.duplicated, self.out_of_order, self.unrecorded, self.unknown_methods
        missed = self.edits - self.edits_synced, self.deletes - self.deletes_synced
        felt = (self.redis_down_max_gap_ms or 0.0) > MOST_GAP
        return not any((*wrong, *missed, felt)) and self.concurrent_owners <= 1


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
    total = sum(verdicts(records, people.done, injector.strikes).values(), Verdict())
    took = recovery(injector.strikes, records)
    struck = Counter(strike.fault.kind for strike in injector.strikes)
    return Report(
        profile=counters.profile,
        sessions=order.sessions,
        pairs=scale.routes,
        seed=order.seed,
        seconds=order.seconds,
        sent=total.sent,
        lost=total.lost,
        duplicated=total.duplicated,
        duplicated_webhook_ambiguous=total.ambiguous,
        out_of_order=total.out_of_order,
        concurrent_owners=counters.concurrent_owners,
        kills=struck[Kind.WORKER_KILL],
        moves=struck[Kind.MOVE],
        outages=sum(struck[kind] for kind in OUTAGES),
        worst_recovery_ms=took.alone,
        worst_recovery_overlapping_ms=took.overlapping,
        worst_recovery_where=took.slowest,
        redis_down_max_gap_ms=redis_gap(injector.strikes, records, crowding=CROWDING[order.profile]),
        unrecorded=len(bare),
        settled_seconds=round(time.monotonic() - over - QUIET, 1),
        unasked_restarts=dict(unasked),
        unknown_methods=counters.unknown_methods,
        edits=total.edits,
        edits_synced=total.edits_synced,
        deletes=total.deletes,
        deletes_synced=total.deletes_synced,
        findings=[*total.findings, *bare],
        schedule=[_line(fault, injector.strikes) for fault in faults],
    )


async def restart_ended(here: Installation, away: set[str], unasked: Counter[str]) -> None:
    """Starts again what ended by itself, as `manage.py up` and Docker do; each such end is counted."""
    while True:
        for name in set(here.ended()) - away:
            unasked[name] += 1
            here.start(name)
        await asyncio.sleep(WATCH)


async def settle(
    control: ControlClient, here: Installation, steps: list[Step], strikes: list[Strike]
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
    records: Mapping[int, RouteRecord], steps: Sequence[Step], strikes: Sequence[Strike]
) -> dict[int, Verdict]:
    """A verdict for each of these routes."""
    return judge(records, steps, Counter(route for strike in strikes for route in strike.routes))


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
