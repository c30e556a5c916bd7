"""Counting requests in fixed windows, and the headers and bodies that tell clients about it."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

from project.sandbox.discord.limits import Limits, Rate


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """State of a bucket after a request; `reset_after` in seconds."""

    bucket: str
    limit: int
    remaining: int
    reset_after: float

    def headers(self) -> dict[str, str]:
        """X-RateLimit-* as Discord writes them."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{time.time() + self.reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after:.3f}",
            "X-RateLimit-Bucket": self.bucket,
        }


class LimitedError(Exception):
    """A 429. `scope` is user, global or shared; `spent` the route's own bucket, when it has one."""

    def __init__(self, retry_after: float, scope: str, spent: Spent | None) -> None:
        super().__init__(f"rate limited ({scope})")
        self.retry_after = math.ceil(retry_after * 1000) / 1000
        self.scope = scope
        self.spent = spent

    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        headers = self.spent.headers() if self.spent else {}
        headers |= {"Retry-After": str(math.ceil(self.retry_after)), "X-RateLimit-Scope": self.scope}
        return headers | ({"X-RateLimit-Global": "true"} if self.scope == "global" else {})

    def body(self) -> dict[str, object]:
        """JSON of the answer."""
        message = "You are being rate limited."
        return {"message": message, "code": 0, "retry_after": self.retry_after, "global": self.scope == "global"}


class Windows:
    """All windows of a server, by key. Expired ones are swept now and then."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def peek(self, key: str, rate: Rate) -> tuple[int, float]:
        """(requests left, seconds to the reset) without spending."""
        window = self._current(key, rate)
        return rate.limit - window.used, window.ends - time.monotonic()

    def spend(self, key: str, rate: Rate) -> tuple[int, float]:
        """Counts one request; (requests left, seconds to the reset)."""
        window = self._current(key, rate)
        window.used += 1
        return rate.limit - window.used, window.ends - time.monotonic()

    def _current(self, key: str, rate: Rate) -> _Window:
        now = time.monotonic()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            if len(self._windows) > 4096:
                self._windows = {k: w for k, w in self._windows.items() if w.ends > now}
            window = self._windows[key] = _Window(now + rate.seconds)
        return window


def bucket_hash(name: str) -> str:
    """The opaque name of a bucket that clients see."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


class RateLimiter:
    """Applies a profile: global, the route's bucket, the channel's webhook limit; a 429 spends nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._windows = Windows()

    def take(self, *, owner: str, bucket: str, major: str, webhook_channel: int | None) -> Spent | None:
        """Counts one request of `owner` (a token's bot or an address); raises LimitedError."""
        route = self._limits.buckets.get(bucket)
        key = f"{bucket}:{owner}:{major}"
        self._refuse_when_empty(f"global:{owner}", self._limits.token_global, "global", None)
        if route is not None:
            self._refuse_when_empty(key, route, "user", self._spent(bucket, route, *self._windows.peek(key, route)))
        if webhook_channel is not None:
            spent = self._spent(bucket, route, *self._windows.peek(key, route)) if route else None
            self._refuse_when_empty(f"channel:{webhook_channel}", self._limits.webhook_channel, "shared", spent)
            self._spend(f"channel:{webhook_channel}", self._limits.webhook_channel)
        self._spend(f"global:{owner}", self._limits.token_global)
        return None if route is None else self._spent(bucket, route, *self._windows.spend(key, route))

    def _refuse_when_empty(self, key: str, rate: Rate | None, scope: str, spent: Spent | None) -> None:
        if rate is None:
            return
        left, reset_after = self._windows.peek(key, rate)
        if left <= 0:
            raise LimitedError(reset_after, scope, spent)

    def _spend(self, key: str, rate: Rate | None) -> None:
        if rate is not None:
            self._windows.spend(key, rate)

    def _spent(self, bucket: str, rate: Rate, left: int, reset_after: float) -> Spent:
        return Spent(bucket_hash(bucket), rate.limit, max(left, 0), max(reset_after, 0.0))


class InvalidRequests:
    """Counts 401, 403 and 429 answers per address; too many ban it for the rest of the window."""

    def __init__(self, rate: Rate | None) -> None:
        self._rate = rate
        self._windows = Windows()
        self.total = 0

    def count(self, address: str) -> None:
        """One invalid answer was given to `address`."""
        self.total += 1
        if self._rate is not None:
            self._windows.spend(address, self._rate)

    def banned_for(self, address: str) -> float:
        """Seconds of the ban left, 0 when there is none."""
        if self._rate is None:
            return 0.0
        left, reset_after = self._windows.peek(address, self._rate)
        return reset_after if left <= 0 else 0.0
