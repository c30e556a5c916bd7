"""A lane's memory of what is due. The journal is the truth; this only spares reading it for every message."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from pairs.journal.rows import DueRow, PartClaim, StoredEvent
from pairs.lane.overtaking import Overtaking
from pairs.models.delivery import Act, HopState
from project.core.message import EventKind

PAGE = 100
MOST = 500  # works kept in memory per lane; what is beyond stays in the journal


@dataclass(slots=True)
class Work:
    """An event that a hop still has to deal with. `rows` are what an earlier owner or attempt left of it; `read_at` is
    when they were read, by the clock of the queue. `claimed` are its parts when they are `sending` already, untried;
    `claiming`: a commit that makes them so is under way."""

    event: StoredEvent
    hop1_open: bool = False
    rows: list[DueRow] = field(default_factory=list)
    read_at: float = 0.0
    claimed: tuple[PartClaim, ...] = ()
    claiming: bool = False

    @property
    def waits(self) -> bool:
        """Whether hop 1 is to be through first, as far as is known here: one claimed with its end is about to go."""
        return self.hop1_open and not self.claiming and not self.claimed

    @property
    def planned(self) -> bool:
        """Whether an earlier owner or attempt has rendered it."""
        return bool(self.rows) and self.rows[0].act is not Act.PLAN

    @property
    def untouched(self) -> bool:
        """Whether nothing of it was ever tried, rendered or made to wait."""
        return all(row.act is Act.PLAN and row.state is HopState.WAITING and not row.wait for row in self.rows)

    def wait_left(self, now: float) -> float:
        """Seconds that its rows have to wait still; not above 0 when they may go."""
        return max((row.wait for row in self.rows), default=0.0) - (now - self.read_at)


class LaneQueue:
    """Works in order of `seq`, filled by offers and, when those were not all, from the journal.

    `read(limit)` gives the lane's first unfinished rows. A lane finishes one work before it takes the next, so reading
    from the beginning never finds one that is under way.
    """

    def __init__(self, read: Callable[[int], Awaitable[list[DueRow]]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._works: deque[Work] = deque()
        self._overtaking = Overtaking()
        self._complete = False  # nothing is due in the journal beyond what is here
        self._stale = False  # something happened that the works here do not show
        self._last = 0  # highest seq ever queued

    @property
    def exhausted(self) -> bool:
        """Whether nothing is due, here or in the journal."""
        return self._complete and not self._stale and not self._works

    @property
    def first(self) -> Work | None:
        """The next work, whether it may go or not."""
        return self._works[0] if self._works else None

    @property
    def second(self) -> Work | None:
        """The work behind the one under way."""
        return self._works[1] if len(self._works) > 1 else None

    def behind(self, work: Work) -> Work | None:
        """The first new message behind a work, of those in memory, that may go now and has nothing to do with it."""
        now = self._clock()
        for other in self._works:
            event = other.event
            same = (event.scope, event.message_id) == (work.event.scope, work.event.message_id)
            if event.seq <= work.event.seq or same or event.kind is not EventKind.CREATE:
                continue
            if not other.waits and other.wait_left(now) <= 0 and not self.overtaken(other):
                return other
        return None

    def offer(self, work: Work) -> None:
        """Takes a work just journaled; when the memory is full or behind, the journal keeps it for later."""
        if not self._overtaking.note(work.event):
            self.forget()  # too much to remember: the journal tells
        if self._complete and len(self._works) < MOST and work.event.seq > self._last:
            self._works.append(work)
            self._last = work.event.seq
        else:
            self.refresh()

    def hop1_settled(self, event_id: int) -> None:
        """Hop 1 of an event is through: hop 2 may go."""
        for work in self._works:
            if work.event.id == event_id:
                work.hop1_open = False
                return
        self._stale = True  # perhaps it is being read just now, as open still

    def refresh(self) -> None:
        """The journal changed in a way that only a read can tell; what can be worked is not read again."""
        self._complete = False
        self._stale = True

    def forget(self) -> None:
        """Drops the memory: everything unfinished is read again."""
        self._works.clear()
        self._complete = False

    def overtaken(self, work: Work) -> bool:
        """Whether a later event makes sending this one pointless, as far as was read or offered."""
        return any(row.overtaken for row in work.rows) or self._overtaking.overtaken(work.event)

    async def head(self) -> Work | None:
        """The next work that may go, without taking it; None when there is none."""
        while True:
            if self._works and self._works[0].waits and self._stale:
                self.forget()
            if self._works or self._complete:
                break
            await self._fill()
        return self._works[0] if self._works and not self._works[0].hop1_open else None

    def done(self, work: Work) -> None:
        """This work, the head until a moment ago, is finished."""
        self._overtaking.done(work.event)
        if self._works and self._works[0].event.id == work.event.id:
            self._works.popleft()

    async def _fill(self) -> None:
        self._stale = False
        now = self._clock()
        rows = await self._read(PAGE)
        took = self._clock() - now
        for row in rows:
            if row.wait > 0:  # it counts from the read, which may have been at its end: never early
                row = replace(row, wait=row.wait + took)
            if not self._works or self._works[-1].event.id != row.event.id:
                self._works.append(Work(row.event, row.hop1_open, read_at=now))
            self._works[-1].rows.append(row)
        # The last event's parts may go on beyond the page: it is read again with the next one.
        if len(rows) == PAGE and len(self._works) > 1:
            self._works.pop()
        if self._works:
            self._last = max(self._last, self._works[-1].event.seq)
        self._complete = len(rows) < PAGE and not self._stale
