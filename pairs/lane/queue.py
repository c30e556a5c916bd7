"""A lane's memory of what is due. The journal is the truth; this only spares reading it for every message."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pairs.journal.reading import overtaking
from pairs.journal.rows import DueRow, StoredEvent

PAGE = 100
MOST = 500  # works kept in memory per lane; what is beyond stays in the journal


@dataclass(slots=True)
class Work:
    """An event that a hop still has to deal with. `rows` are what an earlier owner or attempt left of it; `read_at` is
    when they were read, by the clock of the queue."""

    event: StoredEvent
    hop1_open: bool = False
    rows: list[DueRow] = field(default_factory=list)
    read_at: float = 0.0


class LaneQueue:
    """Works in order of `seq`, filled by offers and, when those were not all, from the journal.

    `read(limit)` gives the lane's first unfinished rows. A lane finishes one work before it takes the next, so reading
    from the beginning never finds one that is under way.
    """

    def __init__(self, read: Callable[[int], Awaitable[list[DueRow]]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._works: deque[Work] = deque()
        self.complete = False  # nothing is due in the journal beyond what is here
        self._stale = False  # something happened that the works here do not show
        self._last = 0  # highest seq ever queued

    def offer(self, work: Work) -> None:
        """Takes a work just journaled; when the memory is full or behind, the journal keeps it for later."""
        if self.complete and len(self._works) < MOST and work.event.seq > self._last:
            self._works.append(work)
            self._last = work.event.seq
        else:
            self.complete = False
            self._stale = True

    def hop1_settled(self, event_id: int) -> None:
        """Hop 1 of an event is through: hop 2 may go."""
        for work in self._works:
            if work.event.id == event_id:
                work.hop1_open = False
                return
        self._stale = True  # perhaps it is being read just now, as open still

    def refresh(self) -> None:
        """The journal changed in a way that only a read can tell; what can be worked is not read again."""
        self.complete = False
        self._stale = True

    def forget(self) -> None:
        """Drops the memory: everything unfinished is read again."""
        self._works.clear()
        self.complete = False

    def overtaken(self, event: StoredEvent) -> bool:
        """Whether what is here makes sending the event pointless. When not `complete`, the journal may know more."""
        kinds = overtaking(event.kind)
        return bool(kinds) and any(
            work.event.seq > event.seq
            and work.event.kind in kinds
            and (work.event.scope, work.event.message_id) == (event.scope, event.message_id)
            for work in self._works
        )

    async def head(self) -> Work | None:
        """The next work that may go, without taking it; None when there is none."""
        while True:
            if self._works and self._works[0].hop1_open and self._stale:
                self.forget()
            if self._works or self.complete:
                break
            await self._fill()
        return self._works[0] if self._works and not self._works[0].hop1_open else None

    def done(self, work: Work) -> None:
        """This work, the head until a moment ago, is finished."""
        if self._works and self._works[0].event.id == work.event.id:
            self._works.popleft()

    async def _fill(self) -> None:
        self._stale = False
        now = self._clock()
        rows = await self._read(PAGE)
        for row in rows:
            if not self._works or self._works[-1].event.id != row.event.id:
                self._works.append(Work(row.event, row.hop1_open, read_at=now))
            self._works[-1].rows.append(row)
        # The last event's parts may go on beyond the page: it is read again with the next one.
        if len(rows) == PAGE and len(self._works) > 1:
            self._works.pop()
        if self._works:
            self._last = max(self._last, self._works[-1].event.seq)
        self.complete = len(rows) < PAGE and not self._stale
