"""How long the routes that a fault hit took to deliver again. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf

from tests.chaos.records import RouteRecord
from tests.chaos.schedule import GATEWAY, Fault, Kind

FROM_DISCORD = frozenset({*GATEWAY, Kind.LISTENER_KILL})  # what these hit is seen by people's messages only

HARMLESS = frozenset({Kind.REDIS_KILL, Kind.REDIS_STOP, Kind.REDIS_DOWN})
SETTLES_ELSE = 5_000.0
SETTLES = {  # milliseconds after which a fault is no excuse any more
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
    meanwhile."""

    alone: dict[str, float | None]
    overlapping: dict[str, float | None]


def recovery(strikes: Sequence[Strike], records: Mapping[int, RouteRecord]) -> Recovery:
    """From the end of a fault to the next delivery at the destination of each probed route."""
    arrivals = {index: _arrivals(record) for index, record in records.items()}
    ends = {id(strike): _ends(strike, arrivals) for strike in strikes}
    alone: dict[str, float] = {}
    overlapping: dict[str, float] = {}
    for strike in strikes:
        for route in strike.probed:
            end = ends[id(strike)][route]
            took = round(end - strike.ended, 1)
            _worst(overlapping, strike.fault.kind, took)
            if not any(_hinders(other, strike, route, end, ends[id(other)]) for other in strikes):
                _worst(alone, strike.fault.kind, took)
    return Recovery(_readable(alone), _readable(overlapping))


def _hinders(other: Strike, strike: Strike, route: int, end: float, ends: Mapping[int, float]) -> bool:
    """Whether another fault may be the reason why a route delivered no sooner than at `end`. Redis is never a reason;
    what keeps people's messages on Discord away is one for those only."""
    kind = other.fault.kind
    if other is strike or route not in other.routes or kind in HARMLESS:
        return False
    if kind in FROM_DISCORD and strike.fault.kind not in FROM_DISCORD:
        return False
    over = min(ends[route], other.ended + SETTLES.get(kind, SETTLES_ELSE))
    return other.began < end <= over


def _arrivals(record: RouteRecord) -> dict[bool, list[float]]:
    """When something arrived at the destination: of people on Discord (True), of anybody (False)."""
    said = {seen.number for seen in record.said}
    times = {True: [seen.arrived for seen in record.destination if seen.number in said]}
    times[False] = [seen.arrived for seen in record.destination]
    return {kind: sorted(found) for kind, found in times.items()}


def _ends(strike: Strike, arrivals: Mapping[int, Mapping[bool, Sequence[float]]]) -> dict[int, float]:
    """When each route delivered again; infinite when it never did."""
    found = {}
    for route in strike.routes:
        times = arrivals[route][strike.fault.kind in FROM_DISCORD]
        position = bisect_left(times, strike.ended)
        found[route] = times[position] if position < len(times) else inf
    return found


def _worst(figures: dict[str, float], kind: Kind, took: float) -> None:
    figures[kind.value] = max(took, figures.get(kind.value, 0.0))


def _readable(figures: dict[str, float]) -> dict[str, float | None]:
    return {kind: None if isinf(took) else took for kind, took in sorted(figures.items())}
