"""Waits that the platforms asked for, by key, for all lanes of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Waits:
    """A wait stops exactly the lanes of its key: an account's method, a chat, a webhook, a channel, a token.

    `on_stop(key, seconds)` is told every wait that this process was asked for.
    """

    def __init__(self, clock: Callable[[], float], on_stop: Callable[[str, float], None] | None = None) -> None:
        self.on_stop = on_stop
        self._clock = clock
        self._until: dict[str, float] = {}

    def stop(self, key: str, seconds: float) -> None:
        """A platform asked this process to wait."""
        self.hold(key, seconds)
        if self.on_stop is not None:
            self.on_stop(key, seconds)

    def hold(self, key: str, seconds: float) -> None:
        """Nothing of the key is sent for this long. A shorter wait never ends a longer one."""
        now = self._clock()
        self._until = {other: until for other, until in self._until.items() if until > now}
        self._until[key] = max(self._until.get(key, 0.0), now + seconds)

    def __bool__(self) -> bool:
        """Whether anything may have to wait."""
        return bool(self._until)

    def left(self, keys: Iterable[str]) -> float:
        """Seconds until everything of these keys may go; 0 when it may now."""
        if not self._until:
            return 0.0
        now = self._clock()
        return max(0.0, max((self._until.get(key, now) - now for key in keys), default=0.0))

    def open(self) -> dict[str, float]:
        """All waits that are not over, in seconds from now."""
        now = self._clock()
        return {key: until - now for key, until in self._until.items() if until > now}
