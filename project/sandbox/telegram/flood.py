"""Rates: when a call may come, and how long the caller has to wait if not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from .settings import Rate

Claim = tuple[Hashable, Rate | None]


class Flood:
    """Counts calls by key. The state of a key is the time at which its next call would be on schedule (GCRA)."""

    def __init__(self) -> None:
        self._due: dict[Hashable, float] = {}

    def _wait(self, key: Hashable, rate: Rate, now: float) -> float:
        ahead = self._due.get(key, now) - now
        return ahead - (rate.burst - 1) / rate.per_second

    def take(self, claims: Iterable[Claim], now: float) -> float:
        """0.0 when every key has room, which is then used up; else the seconds to wait, and nothing is used.

        Claims whose rate is None always have room. A claim given several times uses as much of its key.
        """
        limited = [(key, rate) for key, rate in claims if rate is not None]
        wait = max((self._wait(key, rate, now) for key, rate in limited), default=0.0)
        if wait > 1e-6:
            return wait
        for key, rate in limited:
            self._due[key] = max(now, self._due.get(key, now)) + 1 / rate.per_second
        return 0.0
