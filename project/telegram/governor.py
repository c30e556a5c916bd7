"""What one account may ask of Telegram beside relaying, and what it may not ask yet. Pure.

Accounts with fresh logins and many requests get restricted, and floods are counted per account. Nothing here is
published by Telegram: the numbers are careful guesses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from project.core.errors import RetryLater
from project.telegram.errors import Asked

HOUR = 3600.0
FRESH = 72 * HOUR  # seconds after a login in which an account is watched more closely
FRESH_HOURLY, FRESH_BURST = 90, 60
HOURLY, BURST = 240, 150

POLLS = 0.75  # of the budget, at most; the rest is for checks and look-ups

_FLOOD = re.compile(r"^FLOOD_(PREMIUM_)?WAIT_\d+$")


def least_poll(*, age: float) -> float:
    """Seconds between two polls of an account that was logged in `age` seconds ago, so that a rest of its budget stays
    for what else is asked in the background."""
    return HOUR / (POLLS * _budget(age)[0])


def _budget(age: float) -> tuple[int, int]:
    return (FRESH_HOURLY, FRESH_BURST) if 0 <= age < FRESH else (HOURLY, BURST)


@dataclass(slots=True)
class Governor:
    """Bounds calls that nothing depends on at once: polls, checks, look-ups. Relaying and catching up are not asked."""

    account: str
    _due: float = float("-inf")

    def take(self, *, now: float, age: float) -> None:
        """One call, at `now` of a monotonic clock, `age` seconds after the login. Raises RetryLater when there is no
        room for it."""
        hourly, burst = _budget(age)
        every = HOUR / hourly
        wait = self._due - now - (burst - 1) * every
        if wait > 0:
            raise RetryLater(
                "The account has asked Telegram enough for now.",
                retry_after=wait,
                scope=f"{self.account}:background",
                code="BACKGROUND_LIMIT",
            )
        self._due = max(now, self._due) + every


@dataclass(slots=True)
class Floods:
    """Waits that Telegram asked of one account. Nothing that has to wait is asked before its time.

    A first FLOOD_WAIT counts for its chat, as the limit of a chat is the usual one; a second one of the same method in
    another chat, while the first lasts, stops the method.
    """

    _until: dict[str, float] = field(default_factory=dict)

    def note(self, asked: Asked, error: RetryLater, *, now: float) -> str:
        """Remember what Telegram said; the key that has to wait."""
        self._until = {key: until for key, until in self._until.items() if until > now}
        scope = self._scope(asked, error)
        self.hold(scope, error.retry_after, now=now)
        return scope

    def hold(self, scope: str, seconds: float, *, now: float) -> None:
        """A key has to wait, as told before."""
        self._until[scope] = max(self._until.get(scope, 0.0), now + seconds)

    def _scope(self, asked: Asked, error: RetryLater) -> str:
        if not (_FLOOD.match(error.code) and asked.chat):
            return error.scope
        method, chat = asked.flood_scope, asked.chat_flood_scope
        elsewhere = any(f"{key}:".startswith(f"{method}:") and key != chat for key in self._until)
        return method if elsewhere else chat

    def check(self, asked: Asked, *, now: float) -> None:
        """Raises RetryLater while the call has to wait."""
        if not self._until:
            return
        keys = [asked.flood_scope, asked.chat_flood_scope, *([asked.slow_scope] if asked.writes else [])]
        longest = max(keys, key=lambda key: self._until.get(key, 0.0))
        wait = self._until.get(longest, 0.0) - now
        if wait > 0:
            raise RetryLater("Telegram asked to wait.", retry_after=wait, scope=longest, code="WAITING")
