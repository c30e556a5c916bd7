"""Whether a series grows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

HOUR = 3600.0
MOST_POINTS = 300  # pairwise slopes grow with the square
NOISE_MIB = 0.5  # growth below this is none, however short the run
MOST_MIB_PER_HOUR = 1.0
NOISE_COUNT = 3  # descriptors or connections that come and go


@dataclass(frozen=True, slots=True)
class Trend:
    """A series of (seconds, value): medians of its first and last quarter, and its slope per hour."""

    first: float
    last: float
    per_hour: float

    @property
    def growth(self) -> float:
        """Between the quarters."""
        return self.last - self.first


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """By Theil and Sen: the median of all pairwise slopes, which single peaks do not move. Needs two points."""
    if len(points) < 2:
        raise ValueError("too short a run: no trend without two samples")
    thin = points[:: len(points) // MOST_POINTS + 1]
    slopes = [(b - a) / (t - s) for (s, a), (t, b) in combinations(thin, 2) if t > s]
    quarter = max(1, len(points) // 4)
    first, last = (median(value for _, value in part) for part in (points[:quarter], points[-quarter:]))
    return Trend(round(first, 2), round(last, 2), round(median(slopes) * HOUR, 2))


def memory_grows(own: Trend, mapped: Trend) -> bool:
    """Whether a process takes more and more, faster than allowed and by more than noise. What it allocates is its own
    (USS) and mapped (RSS) at once. The first alone also grows when a forked process touches pages that it shares with
    its parent, by no more than those; the second alone when it reads more of a file."""
    return all(of.per_hour > MOST_MIB_PER_HOUR and of.growth > NOISE_MIB for of in (own, mapped))


def count_grows(of: Trend) -> bool:
    """More at the end than in the beginning, by more than comes and goes."""
    return of.growth > NOISE_COUNT
