"""How long the routes that a fault hit took to deliver again. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf

from tests.chaos.records import RouteRecord
from tests.chaos.schedule import GATEWAY, Fault, Kind

FROM_DISCORD = frozenset({*GATEWAY, Kind.LISTENER_KILL})  # what these hit is seen by people's messages only


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
            others = (other for other in strikes if route in other.routes and _hinders(other, strike))
            if not any(other.began < end and ends[id(other)][route] > strike.began for other in others):
                _worst(alone, strike.fault.kind, took)
    return Recovery(_readable(alone), _readable(overlapping))


def _hinders(other: Strike, strike: Strike) -> bool:
    """What keeps people's messages on Discord away does not hinder the others."""
    return other is not strike and (strike.fault.kind in FROM_DISCORD or other.fault.kind not in FROM_DISCORD)


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
