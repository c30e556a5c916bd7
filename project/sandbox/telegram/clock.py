"""The sandbox's time, so that a test can turn it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Two readings in seconds: one that never jumps, and the wall clock."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time

    def date(self) -> int:
        """Unix time in whole seconds, as Telegram dates things."""
        return int(self.wall())
