"""Counts what was ignored, so that the audit trail gets one row an hour and not one per message. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

HOUR = 3600.0
_NAMED = 20  # users named in one row
_KINDS = 200  # counted at a time


@dataclass(frozen=True, slots=True)
class Ignored:
    """What was ignored since the last row of this kind: how often, and by whom the most."""

    kind: str
    count: int
    users: tuple[int, ...]


@dataclass
class _Open:
    since: float
    users: Counter[int] = field(default_factory=Counter)


class Tally:
    """The first of a kind is told at once; what follows within the hour, when the hour is over."""

    def __init__(self, seconds: float = HOUR) -> None:
        self._seconds = seconds
        self._open: dict[str, _Open] = {}

    def note(self, kind: str, user_id: int, now: float) -> Ignored | None:
        """Counts one; what to write down now, if anything."""
        opened = self._open.get(kind)
        if opened is None and len(self._open) < _KINDS:
            self._open[kind] = _Open(now)
            return Ignored(kind, 1, (user_id,))
        if opened is not None and (len(opened.users) < 10_000 or user_id in opened.users):
            opened.users[user_id] += 1
        return None

    def due(self, now: float) -> list[Ignored]:
        """What has waited an hour; what was quiet for an hour is forgotten."""
        return self._take([kind for kind, one in self._open.items() if now - one.since >= self._seconds], now)

    def rest(self, now: float) -> list[Ignored]:
        """Everything that was not told yet: the bot ends."""
        return self._take(list(self._open), now)

    def _take(self, kinds: list[str], now: float) -> list[Ignored]:
        told = []
        for kind in kinds:
            users = self._open.pop(kind).users
            if users:
                most = tuple(user for user, _ in users.most_common(_NAMED))
                told.append(Ignored(kind, users.total(), most))
                self._open[kind] = _Open(now)
        return told
