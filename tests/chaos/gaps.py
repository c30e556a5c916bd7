"""What Redis' absence did to the pairs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from tests.chaos.records import RouteRecord
from tests.chaos.recovery import LOOKS_BACK, Strike, Trip, ends_of, excused_until, trips_of, written_since
from tests.chaos.schedule import Kind


def redis_gap(strikes: Sequence[Strike], records: Mapping[int, RouteRecord]) -> tuple[float | None, str]:
    """Most milliseconds that a pair had something to deliver and delivered nothing, with Redis down at some moment of
    it. None when nothing was delivered meanwhile. The time in which another fault may be the reason is taken out.
    And where and when that was."""
    return _worst(strikes, records, {n: list(standstills(trips_of(r)[0])) for n, r in records.items()})


def redis_delay(strikes: Sequence[Strike], records: Mapping[int, RouteRecord]) -> float | None:
    """The same of each message alone, from its post to its arrival: more than the gap where a backlog stands before
    it."""
    return _worst(strikes, records, {n: trips_of(r)[0] for n, r in records.items()})[0]


def standstills(trips: Sequence[Trip]) -> Iterator[Trip]:
    """Before each arrival: since when something waited and nothing had come."""
    arrivals = sorted(trips, key=lambda trip: trip.arrived)
    waiting, first = [], inf
    for trip in reversed(arrivals):
        first = min(first, trip.posted)
        waiting.append(first)
    previous = -inf
    for trip, since in zip(arrivals, reversed(waiting), strict=True):
        yield Trip(max(previous, since), trip.arrived)
        previous = trip.arrived


def _worst(
    strikes: Sequence[Strike], records: Mapping[int, RouteRecord], spans: Mapping[int, Sequence[Trip]]
) -> tuple[float | None, str]:
    ends = {id(strike): ends_of(strike, records, behind) for strike in strikes}
    worst, where = None, ""
    for down in (strike for strike in strikes if strike.fault.kind is Kind.REDIS_DOWN):
        for route, waits in spans.items():
            excuses = [
                Trip(other.began, until)
                for other in strikes
                if (until := excused_until(other, down, route, ends[id(other)])) > -inf
            ]
            for piece in (piece for wait in waits for piece in without(wait, excuses)):
                took = round(piece.arrived - piece.posted, 1)
                if piece.posted <= down.ended and piece.arrived >= down.began and took > (worst or -1.0):
                    at = down.fault.at + (piece.posted - down.began) / 1000
                    worst, where = took, f"route {route} from {at:.2f} s on"
    return worst, where


def behind(strike: Strike, record: RouteRecord) -> float:
    """When a route is through with a fault: what waits behind the first delivery may have to look back, too."""
    return written_since(strike, record) + LOOKS_BACK


def without(wait: Trip, excuses: Sequence[Trip]) -> list[Trip]:
    """What is left of a wait when the times are taken out that other faults may have to answer for."""
    left, begin = [], wait.posted
    for excuse in sorted(excuses, key=lambda excuse: excuse.posted):
        if excuse.posted > begin:
            left.append(Trip(begin, min(excuse.posted, wait.arrived)))
        begin = max(begin, excuse.arrived)
        if begin >= wait.arrived:
            return left
    return [*left, Trip(begin, wait.arrived)]
