"""Checks that a session's own process makes beside those of the schedule: trouble is told within two minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

GLANCE = 1.0  # seconds between two looks at the connection; costs nothing
AGAIN = 30.0  # seconds after a failed check
LATER = 300.0  # seconds after a check, once failing is no news any more
NEWS = 4  # failed checks in a row: one more than make a session unhealthy


class Rechecks:
    """One per account. A lost connection is checked at once, and again when it is back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed = 0
        self._apart = False  # the last check found no connection
        self._checked_at = float("-inf")

    def note(self, *, passed: bool, connected: bool) -> None:
        """A check was made, whoever asked for it."""
        self._failed = 0 if passed else self._failed + 1
        self._apart = not connected
        self._checked_at = self._clock()

    def is_due(self, *, connected: bool, lost: bool) -> bool:
        """Whether to check now. `lost`: it should be connected, and is not."""
        if self._failed == 0:
            return lost
        if self._apart and connected:
            return True
        return self._clock() - self._checked_at >= (AGAIN if self._failed < NEWS else LATER)
