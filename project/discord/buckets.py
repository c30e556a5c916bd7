"""What Discord's rate limit headers said last, so that a sender can wait instead of collecting 429s.

Nothing is hard-coded: until the first answer of a route, nothing is known and nothing waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from project.discord.routes import CLOUDFLARE, Route
from project.discord.turns import Turns

SAME_WINDOW = 0.1
PROBE = 2.0  # seconds between looks whether the one request that goes out after a block came through


@dataclass(slots=True)
class _Bucket:
    remaining: int = 1
    reset_at: float = 0.0
    in_flight: int = 0
    window: float = 0.0  # seconds; the longest time to a reset that was told


@dataclass(slots=True)
class Buckets:
    """One per process and token, shared by all that send. Times are seconds of the monotonic `clock`; `rate` is how
    many requests a second Discord takes of one token, or of one address without a token (0: not known)."""

    clock: Callable[[], float] = time.monotonic
    rate: int = 0
    turns: Turns = field(init=False)
    _names: dict[str, str] = field(default_factory=dict)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _paused_until: dict[str, float] = field(default_factory=dict)
    _suspect: bool = False  # Cloudflare blocked the address, and nothing has come through since
    _probing: bool = False  # one request is on its way to see whether it still does

    def __post_init__(self) -> None:
        self.turns = Turns(self.clock, self.rate)

    def wait_for(self, route: Route) -> float:
        """Seconds to wait before the next call of `route`; 0.0 when it may go now."""
        _, wait = self.paused(route)
        bucket = self._buckets.get(self._names.get(route.key, ""))
        if bucket is not None and bucket.remaining <= bucket.in_flight:
            wait = max(wait, bucket.reset_at - self.clock())
        return max(wait, self.turns.left(route))

    def paused(self, route: Route) -> tuple[str, float]:
        """The key that a 429 stopped `route` by, and for how many seconds more; ("", 0.0) when none did."""
        if self._probing:
            return CLOUDFLARE, PROBE
        if not self._paused_until:
            return "", 0.0
        now = self.clock()
        waits = {key: until - now for key, until in self._paused_until.items() if until > now}
        self._paused_until = {key: until for key, until in self._paused_until.items() if key in waits}
        keys = {route.key: route.scope, route.wide_scope: route.wide_scope, CLOUDFLARE: CLOUDFLARE}
        longest = max(keys, key=lambda key: waits.get(key, 0.0))
        return (keys[longest], waits[longest]) if longest in waits else ("", 0.0)

    def begin(self, route: Route) -> None:
        """A call of `route` leaves: it takes one of what remains until its answer tells the truth."""
        self.turns.spend(route)
        self._probing = self._suspect
        if bucket := self._buckets.get(self._names.get(route.key, "")):
            bucket.in_flight += 1

    def end(self, route: Route, headers: Mapping[str, str]) -> None:
        """The call is over; `headers` of its answer, empty when there was none."""
        if headers:
            self._suspect = False  # if it was blocked again, `limited` says so next
        self._probing = False
        if bucket := self._buckets.get(self._names.get(route.key, "")):
            bucket.in_flight = max(0, bucket.in_flight - 1)
        remaining, after = _number(headers, "X-RateLimit-Remaining"), _number(headers, "X-RateLimit-Reset-After")
        if remaining is not None and after is not None:
            bucket = self._learn(route, headers.get("X-RateLimit-Bucket", route.template), int(remaining), after)
            if route.posts and (limit := _number(headers, "X-RateLimit-Limit")):
                self.turns.learn(route.scope, int(limit), bucket.window)

    def limited(self, route: Route, scope: str, seconds: float) -> None:
        """A 429 to `route` said that `scope` waits. Of a channel or webhook only this route does: others have buckets
        of their own."""
        self._suspect = self._suspect or scope == CLOUDFLARE
        self.pause(route.key if scope == route.scope != route.wide_scope else scope, seconds)
        self.turns.hit(scope)

    def pause(self, key: str, seconds: float) -> None:
        """Everything of `key` waits: of the token, of the address, or what `limited` was told."""
        self._paused_until[key] = max(self._paused_until.get(key, 0.0), self.clock() + seconds)

    def _learn(self, route: Route, bucket_id: str, remaining: int, after: float) -> _Bucket:
        name = f"{bucket_id} {route.major}"
        moved = self._names.get(route.key) != name
        self._names[route.key] = name
        bucket = self._buckets.setdefault(name, _Bucket())
        if moved:
            bucket.in_flight = 0
        reset_at = self.clock() + after
        # Answers may overtake each other: within one window the smallest number is the newest.
        same_window = reset_at <= bucket.reset_at + SAME_WINDOW
        bucket.remaining = min(bucket.remaining, remaining) if same_window else remaining
        bucket.reset_at = reset_at
        bucket.window = max(bucket.window, after)
        return bucket


def _number(headers: Mapping[str, str], name: str) -> float | None:
    """None for a header that is absent, or no number to count with: it is as if Discord had not said it."""
    try:
        number = float(headers.get(name, "nan"))
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
