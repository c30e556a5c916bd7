"""What Redis' absence did to the pairs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from tests.chaos.records import RouteRecord
from tests.chaos.recovery import Strike, Trip, ends_of, hinders, trips_of, written_since
from tests.chaos.schedule import Kind


def redis_gap(strikes: Sequence[Strike], records: Mapping[int, RouteRecord]) -> float | None:
    """Most milliseconds that a pair had something to deliver and delivered nothing, with Redis down at some moment of
    it. None when nothing was delivered meanwhile. What another fault may have caused is left out."""
    return _worst(strikes, records, {n: list(standstills(trips_of(r)[0])) for n, r in records.items()})


def redis_delay(strikes: Sequence[Strike], records: Mapping[int, RouteRecord]) -> float | None:
    """The same of each message alone, from its post to its arrival: more than the gap where a backlog stands before
    it."""
    return _worst(strikes, records, {n: trips_of(r)[0] for n, r in records.items()})


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
) -> float | None:
    ends = {id(strike): ends_of(strike, records, written_since) for strike in strikes}
    worst = None
    for down in (strike for strike in strikes if strike.fault.kind is Kind.REDIS_DOWN):
        for route, waits in spans.items():
            for wait in waits:
                span = wait.posted, wait.arrived
                hindered = any(hinders(other, down, route, span, ends[id(other)]) for other in strikes)
                if wait.posted <= down.ended and wait.arrived >= down.began and not hindered:
                    worst = max(worst or 0.0, round(wait.arrived - wait.posted, 1))
    return worst
