"""Turns at limits that several processes share: slots reserved ahead, so that most sends cost no look at the database.

Pure but for the clock. A wide limit (the bot's token, an address without one) is split: a small part belongs to every
process for good, the rest is reserved. So a process that sends little never asks. A webhook's or channel's limit is
known from its headers, and is reserved slot by slot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from project.core.rateslots import Grant, Wish
from project.discord.routes import WIDE, Route

SECOND = 1.0
FREE = 0.15  # part of a wide limit that is divided among its processes
RESERVED = 0.7  # part that is handed out by reservation; what is left are edges of windows
SLICE = 0.2  # seconds: wide limits are handed out in short windows, lest two of them meet in one of Discord's
EDGE = 0.1  # seconds that Discord's window may begin later than ours
ASKING = 0.01  # seconds until a reservation is looked for again
FRESH = 2.0  # seconds; a process that sends by a shared key looks that often whether another was told to wait
EVIDENCE = 600.0  # seconds for which a wide limit that was hit is kept by a process that is alone with it


@dataclass(slots=True)
class _Key:
    """One limit as this process sees it. Times are the clock's."""

    name: str
    users: int
    most: int = 0
    seconds: float = 0.0
    free_every: float = 0.0  # seconds between two free turns; 0: none
    burst: int = 1
    free_at: float = 0.0
    slots: int = 0
    opens: float = 0.0
    ends: float = 0.0
    spent: int = 0
    asked: bool = False
    until: float = float("inf")

    def left(self, now: float) -> float | None:
        """Seconds to the next turn that is known; None when one has to be reserved."""
        if not self.most or now >= self.until:
            return 0.0
        if self.free_every and self.free_at - now <= (self.burst - 1) * self.free_every:
            return 0.0
        if self.slots and now < self.ends:
            return max(0.0, self.opens - now)
        if self.users == 1:
            return self.free_at - now - (self.burst - 1) * self.free_every
        return None

    def spend(self, now: float) -> None:
        """One turn is used; a reserved one first, since those pass."""
        if self.slots and self.opens <= now < self.ends:
            self.slots -= 1
            self.spent += 1
        elif self.free_every:
            self.free_at = max(now, self.free_at) + self.free_every

    def wish(self) -> Wish:
        """What to reserve: as much as the last reservation was used, twice that when it was not enough."""
        count = self.spent * 2 if self.spent and not self.slots else self.spent
        return Wish(self.name, min(max(1, count), max(1, self.most // 2)), self.most, self.seconds)


class Turns:
    """The limits that this process shares. `on_need` is called when a reservation is wanted."""

    def __init__(self, clock: Callable[[], float], rate: int = 0, on_need: Callable[[], None] = lambda: None) -> None:
        self.on_need = on_need
        self._clock = clock
        self._rate = rate
        self._keys: dict[str, _Key] = {}
        self._looked_at = clock()
        self._stale = False

    def is_shared(self, scope: str) -> bool:
        """Whether other processes use the key."""
        return scope in self._keys and self._keys[scope].users > 1

    def share(self, users: Mapping[str, int], names: Callable[[str], str] = str) -> None:
        """How many processes use each key; one that is not named, or has one user, is limited in memory alone.

        `names` gives a key's name among all processes.
        """
        known, self._keys = self._keys, {}
        for scope, count in users.items():
            if count > 1 and (self._rate or scope not in WIDE):
                key = known.get(scope)
                self._keys[scope] = key if key and key.users == count else self._new(scope, names(scope), count)
        self._keys |= {scope: key for scope, key in known.items() if key.users == 1 and scope not in self._keys}

    def _new(self, scope: str, name: str, users: int) -> _Key:
        key = _Key(name, users)
        if scope in WIDE and self._rate:
            key.most, key.seconds = max(1, int(self._rate * RESERVED * SLICE)), SLICE
            key.free_every = SECOND * users / (self._rate * FREE)
        return key

    def hit(self, scope: str) -> None:
        """A wide limit was exceeded: from here on a process that is alone with it keeps it, too."""
        if scope in WIDE and self._rate and scope not in self._keys:
            burst = max(1, int(self._rate * (1 - RESERVED) / 2))
            every = SECOND / max(1, self._rate - 2 * burst)
            self._keys[scope] = _Key(scope, 1, self._rate, SECOND, every, burst)
        if (key := self._keys.get(scope)) is not None and key.users == 1:
            key.until = self._clock() + EVIDENCE

    def learn(self, scope: str, limit: int, seconds: float) -> None:
        """Headers told the limit of a webhook or channel: `limit` in `seconds`."""
        key = self._keys.get(scope)
        if key is not None and scope not in WIDE and (limit != key.most or seconds + EDGE > key.seconds):
            key.most, key.seconds = limit, seconds + EDGE

    def left(self, route: Route) -> float:
        """Seconds until a call of `route` has its turns; asks for them when there are none."""
        return max((self._left(scope) for scope in _scopes(route)), default=0.0) if self._keys else 0.0

    def _left(self, scope: str) -> float:
        key = self._keys.get(scope)
        if key is None:
            return 0.0
        wait = key.left(self._clock())
        if wait is None:
            key.asked = True
            self.on_need()
            return ASKING
        return wait

    def spend(self, route: Route) -> None:
        """A call of `route` leaves."""
        if self._keys:
            for scope in _scopes(route):
                if (key := self._keys.get(scope)) is not None:
                    self._spend(key, self._clock())

    def _spend(self, key: _Key, now: float) -> None:
        key.spend(now)
        if key.users > 1 and now - self._looked_at > FRESH:
            self._looked_at, self._stale = now, True
            self.on_need()

    def take_stale(self) -> bool:
        """Whether it is time to look at other processes' waits; told once."""
        stale, self._stale = self._stale, False
        return stale

    def wishes(self) -> list[Wish]:
        """What is wanted; each wish is told once."""
        wanted = [key for key in self._keys.values() if key.asked]
        for key in wanted:
            key.asked = False
        return [key.wish() for key in wanted]

    def grant(self, grant: Grant, asked_at: float) -> None:
        """Slots that were reserved; `asked_at` is when, by the clock. What was left of earlier ones has passed."""
        for key in self._keys.values():
            if key.name == grant.key:
                now = self._clock()
                key.slots, key.opens, key.spent = grant.count, now + grant.wait, 0
                key.ends = min(now, asked_at) + grant.lasts


def _scopes(route: Route) -> tuple[str, ...]:
    return (route.wide_scope, route.scope) if route.posts else (route.wide_scope,)
