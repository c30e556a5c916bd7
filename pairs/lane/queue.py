"""A lane's memory of what is due. The journal is the truth; this only spares reading it for every message."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pairs.journal.rows import DueRow, StoredEvent

PAGE = 100
MOST = 500  # works kept in memory per lane; what is beyond stays in the journal


@dataclass(slots=True)
class Work:
    """An event that a hop still has to deal with. `rows` are what an earlier owner left of it."""

    event: StoredEvent
    hop1_open: bool = False
    rows: list[DueRow] = field(default_factory=list)


class LaneQueue:
    """Works in order of `seq`, filled by offers and, when those were not all, from the journal."""

    def __init__(self, read: Callable[[int, int], Awaitable[list[DueRow]]]) -> None:
        self._read = read
        self._works: deque[Work] = deque()
        self._complete = False  # nothing is due in the journal beyond what is here
        self._disturbed = False  # something was offered while the journal was being read
        self._last = 0  # highest seq ever queued

    def offer(self, work: Work) -> None:
        """Takes a work just journaled; when the memory is full or behind, the journal keeps it for later."""
        if self._complete and len(self._works) < MOST and work.event.seq > self._last:
            self._works.append(work)
            self._last = work.event.seq
        else:
            self._complete = False
            self._disturbed = True

    def hop1_settled(self, event_id: int) -> None:
        """Hop 1 of an event is through: hop 2 may go."""
        for work in self._works:
            if work.event.id == event_id:
                work.hop1_open = False
                return
        self._disturbed = True

    def forget(self) -> None:
        """Drops the memory: everything after the last finished work is read again."""
        self._last = self._works[0].event.seq - 1 if self._works else self._last
        self._works.clear()
        self._complete = False
        self._disturbed = True

    async def head(self) -> Work | None:
        """The next work, without taking it; None when nothing is due."""
        while not self._works and not self._complete:
            await self._fill()
        return self._works[0] if self._works else None

    def done(self, work: Work) -> None:
        """This work, the head until a moment ago, is finished."""
        if self._works and self._works[0].event.id == work.event.id:
            self._works.popleft()

    async def _fill(self) -> None:
        self._disturbed = False
        rows = await self._read(self._last, PAGE)
        for row in rows:
            if not self._works or self._works[-1].event.id != row.event.id:
                self._works.append(Work(row.event, row.hop1_open))
            self._works[-1].rows.append(row)
        if rows:
            # The last event's parts may go on beyond the page: read it again with the next one.
            if len(rows) == PAGE and len(self._works) > 1:
                self._works.pop()
            self._last = self._works[-1].event.seq
        self._complete = len(rows) < PAGE and not self._disturbed
