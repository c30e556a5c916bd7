"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from random import Random

SHORTEST = 0.25  # seconds
LONGEST = 30.0  # seconds
STEADY = 10.0  # a connection that lived this many seconds was a good one


def reconnect_delay(attempt: int, rng: Random) -> float:
    """Seconds before attempt 0, 1, 2, ...: doubled each time from 0.25 to 30, up to a third longer at random so that
    many accounts do not come back in the same instant."""
    base = min(LONGEST, SHORTEST * 2.0 ** min(attempt, 10))
    longer: float = base * (1 + rng.random() / 3)
    return min(LONGEST, longer)


def next_attempt(attempt: int, lived: float) -> int:
    """The number of the next attempt after a connection that lived `lived` seconds."""
    return 0 if lived >= STEADY else attempt + 1
