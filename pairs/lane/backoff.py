"""How long to wait before the next attempt."""

from __future__ import annotations

from random import Random

_FIRST = 0.2  # seconds
_MOST = 30.0


def backoff(attempt: int, rng: Random) -> float:
    """Seconds before attempt number `attempt` (1 is the first repeat): doubling, capped at 30, with jitter."""
    return min(_MOST, _FIRST * 2.0 ** min(attempt - 1, 10)) * rng.uniform(0.5, 1.0)
