"""Worker groups that stand still for a moment: something in them broke, or a person asked for their restart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Group = tuple[str, int]  # a session's account, and the group's number within it

FIRST = 1.0  # seconds of rest after a crash, doubling with each one that follows
LONGEST = 30.0
STEADY = 60.0  # seconds without a crash after which the count begins anew


@dataclass(slots=True)
class _Record:
    restarts: int = 0
    crashes: int = 0  # in a row
    crashed_at: float = float("-inf")
    until: float = float("-inf")
    due: bool = False  # it has yet to stand still once
    broken: bool = False  # by a crash


class Restarts:
    """One per process. `now` is a monotonic clock, in seconds. A group is started again when its rest is over and
    everything of it was stopped once."""

    def __init__(self) -> None:
        self._records: dict[Group, _Record] = {}
        self._resting: frozenset[Group] = frozenset()

    def broke(self, group: Group, now: float) -> float:
        """Something in the group broke: it rests 1 s, doubling up to 30 s while it goes on. Returns those seconds. More
        tasks that break while it has yet to stop are the same crash."""
        record = self._records.setdefault(group, _Record())
        if not record.broken:
            record.crashes = 1 if now - record.crashed_at > STEADY else record.crashes + 1
            record.crashed_at = now
            record.until = now + min(LONGEST, FIRST * 2.0 ** min(record.crashes - 1, 10))
            record.broken = True
            self._stop(record)
        return min(LONGEST, max(0.0, record.until - now))  # the sum above may have been rounded up

    def asked(self, group: Group) -> None:
        """A person wants it restarted: no longer than that takes."""
        record = self._records.setdefault(group, _Record())
        if not record.broken:
            record.until = float("-inf")
        self._stop(record)

    def due(self, now: float) -> bool:
        """Whether a group has to stop or to start since `resting` was last asked."""
        return self._at(now) != self._resting

    def resting(self, now: float) -> frozenset[Group]:
        """Groups of which nothing may run from now on."""
        self._resting = self._at(now)
        for record in self._records.values():
            record.due = record.broken = False
        return self._resting

    def next_start(self, now: float) -> float | None:
        """Seconds until a rest ends, None when nothing rests."""
        ends = [record.until for record in self._records.values() if record.until > now]
        return min(ends) - now if ends else None

    def rests(self, group: Group, now: float) -> bool:
        """Whether this group stands still."""
        return group in self._at(now)

    def count(self, group: Group) -> int:
        """Restarts of this group since the process started."""
        record = self._records.get(group)
        return record.restarts if record else 0

    def keep_only(self, groups: Collection[Group]) -> None:
        """Forget groups that are no more."""
        self._records = {group: record for group, record in self._records.items() if group in groups}

    def _at(self, now: float) -> frozenset[Group]:
        return frozenset(group for group, record in self._records.items() if record.due or record.until > now)

    def _stop(self, record: _Record) -> None:
        record.restarts += not record.due
        record.due = True
