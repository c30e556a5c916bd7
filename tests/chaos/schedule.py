"""Which faults strike, when and whom: a pure function of the seed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """One kind of fault; docs/reference/chaos.md says what each does."""

    WORKER_KILL = "worker_kill"
    WORKER_STOP = "worker_stop"
    MOVE = "move"
    SUPERVISOR_KILL = "supervisor_kill"
    NODE_LOSS = "node_loss"
    NODE_DRAIN = "node_drain"
    LISTENER_KILL = "listener_kill"
    REDIS_KILL = "redis_kill"
    REDIS_STOP = "redis_stop"
    REDIS_DOWN = "redis_down"
    POSTGRES_RESTART = "postgres_restart"
    POSTGRES_STOP = "postgres_stop"
    TELEGRAM_CUT = "telegram_cut"
    TELEGRAM_CUT_ALL = "telegram_cut_all"
    TELEGRAM_HALF_OPEN = "telegram_half_open"
    TELEGRAM_FLOOD = "telegram_flood"
    TELEGRAM_DROP = "telegram_drop"
    DISCORD_5XX = "discord_5xx"
    DISCORD_DROP = "discord_drop"
    DISCORD_429 = "discord_429"
    DISCORD_HALF_OPEN = "discord_half_open"
    GATEWAY_OP7 = "gateway_op7"
    GATEWAY_OP9 = "gateway_op9"
    GATEWAY_CUT = "gateway_cut"
    GATEWAY_SILENCE = "gateway_silence"
    GATEWAY_FORGET = "gateway_forget"


NODE_ENDS = frozenset({Kind.SUPERVISOR_KILL, Kind.NODE_LOSS, Kind.NODE_DRAIN})
OUTAGES = NODE_ENDS | {
    *(Kind.REDIS_KILL, Kind.REDIS_STOP, Kind.REDIS_DOWN, Kind.POSTGRES_RESTART, Kind.POSTGRES_STOP),
}
GATEWAY = (Kind.GATEWAY_OP7, Kind.GATEWAY_OP9, Kind.GATEWAY_CUT, Kind.GATEWAY_SILENCE, Kind.GATEWAY_FORGET)
BEYOND_LEASE = 5.0  # seconds that a SIGSTOP lasts longer than a lease
NODE_AWAY = 25.0
FLOOD_WAIT, RETRY_AFTER, STORM = 3.0, 2.0, 5  # seconds, seconds, answers of 429
UNANSWERED = 25.0  # seconds without an answer; the program gives up after 20
RECOVERS = 45.0  # seconds after which a lost node's accounts are at work again
QUICK = {  # how many of each in two minutes, anywhere
    Kind.TELEGRAM_CUT: 3,
    Kind.TELEGRAM_CUT_ALL: 1,
    Kind.TELEGRAM_HALF_OPEN: 2,
    Kind.TELEGRAM_FLOOD: 4,
    Kind.TELEGRAM_DROP: 4,
    Kind.DISCORD_5XX: 5,
    Kind.DISCORD_DROP: 4,
    Kind.DISCORD_429: 3,
    Kind.DISCORD_HALF_OPEN: 2,
}
KILLS, MOVES = 14, 7


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` and `lasts` in seconds. `target` is a number below the count of what the kind strikes: hosts (processes of
    accounts), nodes or routes; 0 where there is one only."""

    at: float
    kind: Kind
    lasts: float = 0.0
    target: int = 0


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the installation under attack is, and for how many seconds. `lease` is its LEASE_TTL."""

    seconds: float
    hosts: int
    routes: int
    lease: float = 15.0


def plan(seed: int, scale: Scale, only: Collection[Kind] = frozenset(Kind)) -> tuple[Fault, ...]:
    """All faults of these kinds by time. Ends of nodes, absences of Redis and PostgreSQL do not overlap their like."""
    rng = Random(seed)
    faults = _long(rng, scale) if scale.seconds >= 100 else _short(rng, scale)
    faults += _anywhere(rng, scale)
    return tuple(sorted((f for f in faults if f.kind in only), key=lambda fault: (fault.at, fault.kind)))


def _long(rng: Random, scale: Scale) -> list[Fault]:
    """Two halves, each with the end of a node and one of Redis' faults; PostgreSQL's stand in the calm between."""
    half = scale.seconds / 2
    starts = [0.12 * scale.seconds + rng.uniform(0, 2), half + rng.uniform(3, 6)]
    ends = rng.sample([Kind.NODE_LOSS, Kind.SUPERVISOR_KILL], 2)
    nodes = rng.sample([1, 2], 2)
    faults = [
        Fault(at, kind, NODE_AWAY if kind is Kind.NODE_LOSS else 0.0, node)
        for at, kind, node in zip(starts, ends, nodes, strict=True)
    ]
    down, up = rng.sample(starts, 2)
    faults.append(Fault(down + rng.uniform(2, 5), Kind.REDIS_DOWN, 30.0))
    faults.append(Fault(up + 4, Kind.REDIS_STOP, 10.0))
    faults.append(Fault(up + 18, Kind.REDIS_KILL))
    calm = rng.sample([3.0, starts[0] + RECOVERS - 3, starts[1] + RECOVERS - 3], 2)
    faults.append(Fault(calm[0] + rng.uniform(0, 2), Kind.POSTGRES_RESTART))
    faults.append(Fault(calm[1] + rng.uniform(0, 2), Kind.POSTGRES_STOP, 5.0))
    faults.append(Fault(starts[1] + RECOVERS + rng.uniform(1, 2), Kind.NODE_DRAIN, 0.0, nodes[0]))
    both_alive = [2.0, 5.0, 8.0, *(start + RECOVERS - 4 + step for start in starts for step in (0, 3))]
    moves = rng.sample(range(scale.hosts), min(MOVES, scale.hosts))
    faults += [Fault(at + rng.uniform(0, 1), Kind.MOVE, 0.0, host) for at, host in zip(both_alive, moves, strict=False)]
    return faults


def _short(rng: Random, scale: Scale) -> list[Fault]:
    """What fits into less time: one end of a node, one fault each of Redis and PostgreSQL."""
    part = scale.seconds / 10
    redis = rng.choice([(Kind.REDIS_KILL, 0.0), (Kind.REDIS_STOP, 2 * part), (Kind.REDIS_DOWN, 3 * part)])
    postgres = rng.choice([(Kind.POSTGRES_RESTART, 0.0), (Kind.POSTGRES_STOP, part)])
    return [
        Fault(part * 0.5, Kind.MOVE, 0.0, rng.randrange(scale.hosts)),
        Fault(part * 2, postgres[0], postgres[1]),
        Fault(part * 4, Kind.SUPERVISOR_KILL, 0.0, rng.choice([1, 2])),
        Fault(part * 5, redis[0], redis[1]),
    ]


def _anywhere(rng: Random, scale: Scale) -> list[Fault]:
    share = scale.seconds / 120
    last = scale.seconds * 0.95
    faults = [
        Fault(rng.uniform(1, last), kind, _lasts(kind), rng.randrange(_choices(kind, scale)))
        for kind, count in QUICK.items()
        for _ in range(max(1, round(count * share)))
    ]
    kills = max(3, round(KILLS * share))
    faults += [Fault(at, Kind.WORKER_KILL, 0.0, _host(rng, scale)) for at in _spread(rng, kills, last)]
    stopped = scale.lease + BEYOND_LEASE
    faults.append(Fault(rng.uniform(1, scale.seconds * 0.6), Kind.WORKER_STOP, stopped, _host(rng, scale)))
    if scale.seconds >= 100:
        faults.append(Fault(rng.uniform(1, scale.seconds * 0.8), Kind.LISTENER_KILL))
    order = rng.sample(GATEWAY, len(GATEWAY) if scale.seconds >= 100 else 2)
    return faults + [Fault(at, kind) for at, kind in zip(_spread(rng, len(order), last), order, strict=True)]


def _spread(rng: Random, count: int, last: float) -> list[float]:
    """Times in equal stretches, anywhere in the first three quarters of each: never too close together."""
    stretch = last / count
    return [1 + (number + rng.uniform(0, 0.75)) * stretch for number in range(count)]


def _host(rng: Random, scale: Scale) -> int:
    return rng.randrange(scale.hosts)


def _choices(kind: Kind, scale: Scale) -> int:
    return scale.hosts if kind in (Kind.TELEGRAM_CUT, Kind.TELEGRAM_HALF_OPEN) else scale.routes


def _lasts(kind: Kind) -> float:
    """Waits that the platform asks for, and answers that do not come."""
    waits = {Kind.TELEGRAM_FLOOD: FLOOD_WAIT, Kind.DISCORD_429: RETRY_AFTER, Kind.DISCORD_HALF_OPEN: UNANSWERED}
    return waits.get(kind, 0.0)
