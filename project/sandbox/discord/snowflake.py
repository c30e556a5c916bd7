"""Discord's ids: milliseconds since 2015 shifted by 22 bits, so ids sort by time."""

from __future__ import annotations

import datetime
import time

EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Gives ids that always grow, whatever the clock does."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A new id for this moment."""
        now = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last = max(self._last + 1, now)
        return self._last


def created_ms(snowflake: int) -> int:
    """Unix milliseconds at which the id was made."""
    return (snowflake >> 22) + EPOCH_MS


def iso(ms: float) -> str:
    """Unix milliseconds as the ISO text that Discord sends."""
    moment = datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)
    return moment.isoformat(timespec="microseconds")
