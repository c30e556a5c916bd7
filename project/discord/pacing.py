"""How long to wait before connecting to the gateway again, or reading again. Pure: clock and chance are handed in."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

LONGEST = 30.0
STEADY = 60.0
BURST = 10
SECONDS_PER_IDENTIFY = 120.0
SECONDS_BETWEEN = 5.0


@dataclass(slots=True)
class Backoff:
    """Doubles up to 30 s, and starts anew after a minute of quiet.

    discord.py's own grows to 1024 s and forgets only after 2048 s, while Discord keeps a session for minutes.
    """

    rng: random.Random = field(default_factory=random.Random)
    first: float = 0.5
    _tries: int = 0
    _last: float = float("-inf")

    def next(self, *, now: float) -> float:
        """Seconds to wait now, with jitter."""
        self._tries = 0 if now - self._last > STEADY else self._tries + 1
        wait = min(LONGEST, self.first * 2.0 ** min(self._tries, 10)) * self.rng.uniform(0.5, 1.0)
        self._last = now + wait
        return wait


@dataclass(slots=True)
class IdentifyBudget:
    """At most 10 IDENTIFYs at once and one more every 120 s: 730 a day.

    After 1000 a day Discord resets the token, and it takes one per 5 s. Source: Discord's reference, "Gateway",
    Session Start Limit and Rate Limiting (max_concurrency).
    """

    _spent: float = 0.0
    _at: float = float("-inf")

    def take(self, *, now: float) -> float:
        """Seconds to wait before the IDENTIFY that the caller is about to send; it counts as sent."""
        passed = now - self._at
        self._spent = max(0.0, self._spent - passed / SECONDS_PER_IDENTIFY) + 1.0
        wait = max(0.0, SECONDS_BETWEEN - passed, (self._spent - BURST) * SECONDS_PER_IDENTIFY)
        self._at = now + wait
        self._spent = max(0.0, self._spent - wait / SECONDS_PER_IDENTIFY)
        return wait


@dataclass(slots=True)
class OncePer:
    """Lets through what is asked for each key at most once in so many seconds; the last request is never lost."""

    seconds: float
    _next: dict[int, float] = field(default_factory=dict)

    def wait(self, key: int, *, now: float) -> float | None:
        """Seconds to wait before doing it; None when an earlier request still waits, and stands for this one."""
        due = self._next.get(key, float("-inf"))
        if due - now > self.seconds:
            return None
        start = max(now, due)
        self._next[key] = start + self.seconds
        return start - now
