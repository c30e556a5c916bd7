"""Waits that the platforms asked for, by key, for all lanes of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Waits:
    """A wait stops exactly the lanes of its key: an account's method, a chat, a webhook, a channel, a token."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def stop(self, key: str, seconds: float) -> None:
        """Nothing of the key is sent for this long. A shorter wait never ends a longer one."""
        now = self._clock()
        self._until = {other: until for other, until in self._until.items() if until > now}
        self._until[key] = max(self._until.get(key, 0.0), now + seconds)

    def left(self, keys: Iterable[str]) -> float:
        """Seconds until everything of these keys may go; 0 when it may now."""
        now = self._clock()
        return max(0.0, max((self._until.get(key, now) - now for key in keys), default=0.0))
