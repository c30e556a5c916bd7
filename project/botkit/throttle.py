"""How much one person may ask of the bot. Pure: the time is given."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

MOST = 20
SECONDS = 10.0
_KNOWN = 10_000  # people remembered before the quiet ones are forgotten


class Verdict(Enum):
    """What to do with one more request."""

    GO = auto()
    SAY = auto()  # too many: say so, once
    DROP = auto()


class Throttle:
    """At most `most` requests of one person within any `seconds`."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._taken: dict[int, deque[float]] = {}
        self._told: set[int] = set()

    def ask(self, user_id: int, now: float) -> Verdict:
        """Counts a request that may go on; one that may not costs nothing."""
        if len(self._taken) > _KNOWN:
            self._forget(now)
        taken = self._taken.setdefault(user_id, deque(maxlen=self._most))
        while taken and now - taken[0] >= self._seconds:
            taken.popleft()
        if len(taken) < self._most:
            taken.append(now)
            self._told.discard(user_id)
            return Verdict.GO
        if user_id in self._told:
            return Verdict.DROP
        self._told.add(user_id)
        return Verdict.SAY

    def _forget(self, now: float) -> None:
        quiet = [user for user, taken in self._taken.items() if not taken or now - taken[-1] >= self._seconds]
        for user in quiet:
            del self._taken[user]
            self._told.discard(user)
