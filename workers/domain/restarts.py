"""When a worker that ended is started again."""

from __future__ import annotations

FIRST = 0.2
LONGEST = 30.0
STEADY = 60.0
LOOP = 5
CRASH_LOOP = "crash loop"  # how the reason of an exit begins when it is one of many


def next_crashes(crashes: int, *, lasted: float) -> int:
    """Crashes in a row after one more; a worker that lasted `STEADY` seconds starts the count anew."""
    return 1 if lasted >= STEADY else crashes + 1


def delay(crashes: int) -> float:
    """Seconds to wait before the start that follows `crashes` crashes in a row: 0.2 s doubling up to 30 s."""
    return min(LONGEST, FIRST * 2.0 ** min(max(crashes - 1, 0), 10))


def is_crash_loop(crashes: int) -> bool:
    """Whether a person should hear of it."""
    return crashes >= LOOP
