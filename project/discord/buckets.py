"""What Discord's rate limit headers said last, so that a sender can wait instead of collecting 429s.

Nothing is hard-coded: until the first answer of a route, nothing is known and nothing waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from project.discord.routes import CLOUDFLARE, Route

SAME_WINDOW = 0.1


@dataclass(slots=True)
class _Bucket:
    remaining: int = 1
    reset_at: float = 0.0
    in_flight: int = 0


@dataclass(slots=True)
class Buckets:
    """One per process and token, shared by all that send. Times are seconds of the monotonic `clock`."""

    clock: Callable[[], float] = time.monotonic
    _names: dict[Route, str] = field(default_factory=dict)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _paused_until: dict[str, float] = field(default_factory=dict)

    def wait_for(self, route: Route) -> float:
        """Seconds to wait before the next call of `route`; 0.0 when it may go now."""
        now = self.clock()
        until = max(self._paused_until.get(scope, 0.0) for scope in (route.scope, route.wide_scope, CLOUDFLARE))
        bucket = self._buckets.get(self._names.get(route, ""))
        if bucket is not None and bucket.remaining <= bucket.in_flight:
            until = max(until, bucket.reset_at)
        return max(0.0, until - now)

    def begin(self, route: Route) -> None:
        """A call of `route` leaves: it takes one of what remains until its answer tells the truth."""
        if bucket := self._buckets.get(self._names.get(route, "")):
            bucket.in_flight += 1

    def end(self, route: Route, headers: Mapping[str, str]) -> None:
        """The call is over; `headers` of its answer, empty when there was none."""
        if bucket := self._buckets.get(self._names.get(route, "")):
            bucket.in_flight = max(0, bucket.in_flight - 1)
        remaining, after = headers.get("X-RateLimit-Remaining"), headers.get("X-RateLimit-Reset-After")
        if remaining is not None and after is not None:
            self._learn(route, headers.get("X-RateLimit-Bucket", route.template), int(remaining), float(after))

    def pause(self, scope: str, seconds: float) -> None:
        """Everything of `scope` waits: a 429 said so."""
        self._paused_until[scope] = max(self._paused_until.get(scope, 0.0), self.clock() + seconds)

    def _learn(self, route: Route, bucket_id: str, remaining: int, after: float) -> None:
        name = f"{bucket_id} {route.major}"
        moved = self._names.get(route) != name
        self._names[route] = name
        bucket = self._buckets.setdefault(name, _Bucket())
        if moved:
            bucket.in_flight = 0
        reset_at = self.clock() + after
        # Answers may overtake each other: within one window the smallest number is the newest.
        same_window = reset_at <= bucket.reset_at + SAME_WINDOW
        bucket.remaining = min(bucket.remaining, remaining) if same_window else remaining
        bucket.reset_at = reset_at
