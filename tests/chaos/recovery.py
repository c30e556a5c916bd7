"""How long the routes that a fault hit took to deliver again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf

from tests.chaos.records import RouteRecord, Seen
from tests.chaos.schedule import GATEWAY, RETRY_AFTER, STORM, UNANSWERED, Fault, Kind

FROM_DISCORD = frozenset({*GATEWAY, Kind.LISTENER_KILL})  # what these hit is seen by people's messages only

HARMLESS = frozenset({Kind.REDIS_KILL, Kind.REDIS_STOP, Kind.REDIS_DOWN})
SETTLES_ELSE = 5_000.0
ON_ITS_WAY = 500.0
LOOKS_BACK = 7_000.0  # an unsure attempt waits 5 s, then looks
SETTLES = {  # milliseconds after which a fault is no excuse any more
    Kind.DISCORD_5XX: LOOKS_BACK,
    Kind.DISCORD_DROP: LOOKS_BACK,
    Kind.DISCORD_429: STORM * RETRY_AFTER * 1000 + 1_000,  # one lane may get all of its answers
    Kind.DISCORD_HALF_OPEN: UNANSWERED * 1000 + LOOKS_BACK,
    Kind.POSTGRES_RESTART: LOOKS_BACK + 3_000,  # it recovers, and a post whose outcome could not be written is unsure
    Kind.NODE_DRAIN: 45_000.0,
    Kind.SUPERVISOR_KILL: 40_000.0,
    Kind.NODE_LOSS: 40_000.0,
    Kind.MOVE: 40_000.0,
    Kind.TELEGRAM_HALF_OPEN: 40_000.0,
    Kind.LISTENER_KILL: 40_000.0,
}


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that was carried out. Times in milliseconds of the machine's monotonic clock.

    `probed`: the hit routes that got a message at the end of the fault. `note`: what exactly was done, for people.
    """

    fault: Fault
    began: float
    ended: float
    routes: frozenset[int]
    probed: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Worst milliseconds by kind, None for never. `alone` leaves out routes that another fault kept from delivering
    meanwhile; `slowest` says where and when its figure was seen."""

    alone: dict[str, float | None]
    overlapping: dict[str, float | None]
    slowest: dict[str, str]


Again = Callable[[Strike, RouteRecord], float]  # when a route delivered again, infinite when it never did


def recovery(strikes: Sequence[Strike], records: Mapping[int, RouteRecord], again: Again | None = None) -> Recovery:
    """From the end of a fault to when each probed route delivered again: by `written_since`, unless told otherwise."""
    trips = {index: trips_of(record) for index, record in records.items()}
    ends = {id(strike): ends_of(strike, records, again or written_since) for strike in strikes}
    alone: dict[str, float] = {}
    overlapping: dict[str, float] = {}
    slowest: dict[str, str] = {}
    for strike in strikes:
        kind = strike.fault.kind.value
        for route in strike.probed:
            end = ends[id(strike)][route]
            took = round(end - strike.ended, 1)
            overlapping[kind] = max(took, overlapping.get(kind, 0.0))
            moved = min((t.arrived for t in trips[route][_side(strike)] if t.arrived >= strike.ended), default=inf)
            if any(hinders(other, strike, route, (moved, end), ends[id(other)]) for other in strikes):
                continue
            if took >= alone.get(kind, 0.0):
                alone[kind], slowest[kind] = took, f"route {route} at {strike.fault.at:.1f} s: {strike.note}"
    return Recovery(_readable(alone), _readable(overlapping), slowest)


def hinders(other: Strike, strike: Strike, route: int, span: tuple[float, float], ends: Mapping[int, float]) -> bool:
    """Whether another fault may have delayed what arrived at the end of `span`: it began before, and was not over when
    `span` began (when the route moved again, or the message was written). Redis is never a reason; what keeps people's
    messages on Discord away is one for those only."""
    begin, end = span
    return other.began < end and begin <= excused_until(other, strike, route, ends)


def excused_until(other: Strike, strike: Strike, route: int, ends: Mapping[int, float]) -> float:
    """Until when another fault may keep a route from delivering: until the route delivers again, or it must be over;
    never when it has no part in that."""
    kind = other.fault.kind
    if other is strike or route not in other.routes or kind in HARMLESS:
        return -inf
    if kind in FROM_DISCORD and strike.fault.kind not in FROM_DISCORD:
        return -inf
    return min(ends[route], other.ended + SETTLES.get(kind, SETTLES_ELSE))


@dataclass(frozen=True, slots=True)
class Trip:
    """When a message was written, and when its first copy stood at the destination."""

    posted: float
    arrived: float


def trips_of(record: RouteRecord) -> tuple[list[Trip], list[Trip]]:
    """Of the posts at the source, and of what people said on Discord."""
    arrived: dict[int, float] = {}
    for seen in record.destination:
        arrived.setdefault(seen.number, seen.arrived)
    posts, said = (
        [Trip(seen.arrived, arrived[seen.number]) for seen in origin if seen.number in arrived]
        for origin in (record.source, record.said)
    )
    return posts, said


def ends_of(strike: Strike, records: Mapping[int, RouteRecord], again: Again) -> dict[int, float]:
    """When each route of a strike delivered again."""
    return {route: again(strike, records[route]) for route in strike.routes}


def written_since(strike: Strike, record: RouteRecord) -> float:
    """The first arrival at the destination of something written since the fault began. What was on its way before may
    have come from a process that the fault did not touch, and so may the other kind of message."""
    trips = trips_of(record)[_side(strike)]
    return min((t.arrived for t in trips if t.posted >= strike.began and t.arrived >= strike.ended), default=inf)


def anything(strike: Strike, record: RouteRecord) -> float:
    """When both hops had delivered something, however old: with a backlog what was written since is the last of it.
    What arrives within a moment of the end may have been sent by a dying process, unless it was written since."""
    by_people = strike.fault.kind in FROM_DISCORD
    written = {seen.number: seen.arrived for seen in (record.said if by_people else record.source)}
    places = (record.destination,) if by_people else (record.discord, record.destination)

    def shows(seen: Seen) -> bool:
        if seen.number not in written or seen.arrived < strike.ended:
            return False
        return written[seen.number] >= strike.began or seen.arrived >= strike.ended + ON_ITS_WAY

    return max(min((seen.arrived for seen in place if shows(seen)), default=inf) for place in places)


def _side(strike: Strike) -> int:
    """Which of a route's trips show that it works again: 0 for posts at the source, 1 for people on Discord."""
    return int(strike.fault.kind in FROM_DISCORD)


def _readable(figures: dict[str, float]) -> dict[str, float | None]:
    return {kind: None if isinf(took) else took for kind, took in sorted(figures.items())}
