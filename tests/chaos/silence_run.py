"""One silence: load, the loss of the only node, its return, and what the operator's chat and the tables say then."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from pairs.models import Pair
from pairs.services.failover import KIND
from project.core.models import AuditEvent, Operation
from project.sandbox.client import ControlClient, SandboxCounters
from sessions.models import Health, HealthFlip
from tests.acceptance.rig import Talker
from tests.chaos.outcome import outcome
from tests.chaos.people import People
from tests.chaos.records import RouteRecord, read
from tests.chaos.recovery import Strike, recovery
from tests.chaos.run import restart_ended
from tests.chaos.schedule import Fault, Kind
from tests.chaos.script import Load, What, script
from tests.chaos.settling import settle, verdicts
from tests.chaos.silence_judge import Report, Told, count
from tests.harness.command import say
from tests.harness.installation import Installation

NODE = "node1"
BEFORE, AFTER = 30.0, 60.0  # seconds of load on both sides of the absence
LOOK = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """What to run; `away` and `watch` in seconds, the second from the return on."""

    sessions: int
    rate: float
    seed: int
    away: float
    watch: float
    setup_seconds: float


@dataclass(frozen=True, slots=True)
class Played:
    """What happened. `since`: the loss by the wall clock; `chat`: texts of the bot, with the monotonic second."""

    strike: Strike
    since: datetime
    chat: list[tuple[float, str]]
    people: People
    records: dict[int, RouteRecord]
    counters: SandboxCounters
    settled_seconds: float
    unasked: Counter[str]


def silence(here: Installation, operator: Talker, order: Order) -> Report:
    """Plays it and judges it."""
    played = asyncio.run(_play(here, operator, order))
    lost, back = played.strike.began / 1000, played.strike.ended / 1000
    notices = [Told(text, round(at - lost, 1), round(at - back, 1) if at > back else None) for at, text in played.chat]
    troubles, recoveries = count(notices)
    flips = list(HealthFlip.objects.filter(at__gte=played.since).select_related("session").order_by("pk"))
    healthy = [one.at for one in flips if one.after == Health.HEALTHY]
    back_at = played.since.timestamp() + back - lost
    return Report(
        **outcome(verdicts(played.records, played.people.done, [played.strike]), played.counters),
        sessions=order.sessions,
        pairs=len(here.world.routes),
        rate=order.rate,
        seed=order.seed,
        lease=here.config.lease_ttl,
        setup_seconds=order.setup_seconds,
        absent_seconds=round(back - lost, 1),
        watched_seconds=order.watch,
        notices=notices,
        notices_count=troubles,
        recoveries_count=recoveries,
        worst_recovery_ms=recovery([played.strike], played.records).alone[Kind.NODE_LOSS],
        settled_seconds=played.settled_seconds,
        flips=dict(Counter(f"{one.before} -> {one.after}, {one.cause or 'own'}" for one in flips)),
        most_flips_of_a_session=max(Counter(one.session.name for one in flips).values(), default=0),
        healthy_again_seconds=round(max(healthy).timestamp() - back_at, 1) if healthy else None,
        disabled_pairs=_disabled(played.since),
        failed_over_pairs=_failed_over(played.since),
        statuses=dict(Counter(Pair.objects.values_list("status", flat=True))),
        unasked_restarts=dict(played.unasked),
    )


async def _play(here: Installation, operator: Talker, order: Order) -> Played:
    everywhere = range(len(here.world.routes))
    load = Load(len(everywhere), everywhere, order.rate, BEFORE + order.away + AFTER)
    away: set[str] = set()
    unasked: Counter[str] = Counter()
    chat: list[tuple[float, str]] = []
    known = {one.id: one.text for one in await operator.chat()}
    async with ControlClient(here.control_url) as control, asyncio.TaskGroup() as group:
        people = People(control, here.world)
        beside = [
            group.create_task(restart_ended(here, away, unasked)),
            group.create_task(_listen(operator, known, chat)),
        ]
        playing = group.create_task(people.play(script(order.seed, load)))
        await asyncio.sleep(BEFORE)
        since = datetime.now(UTC)
        strike = await _lose_node(here, away, order.away)
        say(f"{NODE} is back after {order.away:g} s")
        await people.probe(strike.probed, What.POST)
        await playing
        await settle(control, here, people.done, [strike])
        settled = round(time.monotonic() - strike.ended / 1000, 1)
        say(f"everything had arrived {settled:g} s after that")
        await asyncio.sleep(max(0.0, strike.ended / 1000 + order.watch - time.monotonic()))
        for task in beside:
            task.cancel()
        records = await read(control, here.world, everywhere)
        return Played(strike, since, chat, people, records, await control.counters(), settled, unasked)


async def _lose_node(here: Installation, away: set[str], seconds: float) -> Strike:
    """Supervisor, zygote and workers at once, as when their host is lost; then it is started again."""
    everywhere = range(len(here.world.routes))
    began = time.monotonic() * 1000
    away.add(NODE)
    here.kill_family(NODE)
    await asyncio.sleep(seconds)
    here.start(NODE)
    away.discard(NODE)
    fault = Fault(BEFORE, Kind.NODE_LOSS, seconds, 1)
    return Strike(fault, began, time.monotonic() * 1000, frozenset(everywhere), tuple(everywhere), NODE)


async def _listen(operator: Talker, known: dict[int, str], chat: list[tuple[float, str]]) -> None:
    """Everything that the bot says or changes, as it comes."""
    while True:
        for one in await operator.chat():
            if known.get(one.id) != one.text:
                chat.append((time.monotonic(), one.text))
                known[one.id] = one.text
                say(f"the bot: {one.text}")
        await asyncio.sleep(LOOK)


def _disabled(since: datetime) -> list[int]:
    """Pairs that the system took for those of a dead session."""
    events = AuditEvent.objects.filter(action="pair.status", at__gte=since, after__status="disabled")
    return sorted({pair for event in events for pair in event.after["pairs"]})


def _failed_over(since: datetime) -> list[int]:
    operations = Operation.objects.filter(kind=KIND, started_at__gte=since)
    return sorted({pair for operation in operations for pair, _, _ in operation.payload["moves"]})
