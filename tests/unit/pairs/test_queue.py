"""The lane's memory never loses, doubles or reorders what the journal holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.journal.rows import DueRow, PartClaim
from pairs.lane.queue import PAGE, LaneQueue, Work
from pairs.models.delivery import Act
from project.core.message import EventKind
from tests.unit.pairs.builders import due, event


class FakeLane:
    """A journal of one lane in memory. `during` runs while a read is under way, after its rows were chosen."""

    def __init__(self) -> None:
        self.unfinished: dict[int, DueRow] = {}
        self.reads = 0
        self.during: Callable[[], None] = lambda: None
        self.queue = LaneQueue(self._read, lambda: 0.0)

    async def _read(self, limit: int) -> list[DueRow]:
        self.reads += 1
        rows = [self.unfinished[seq] for seq in sorted(self.unfinished)][:limit]
        during, self.during = self.during, lambda: None
        during()
        await asyncio.sleep(0)
        return rows

    def journal(self, seq: int, *, hop1_open: bool = False, offered: bool = True) -> None:
        self.unfinished[seq] = due(event(seq), hop1_open=hop1_open)
        if offered:
            self.queue.offer(Work(event(seq), hop1_open))

    async def finish_head(self) -> int | None:
        work = await self.queue.head()
        if work is None:
            return None
        self.unfinished.pop(work.event.seq)
        self.queue.done(work)
        return work.event.seq

    async def drain(self) -> list[int]:
        done = []
        while (seq := await self.finish_head()) is not None:
            done.append(seq)
        return done


async def test_a_backlog_longer_than_a_page_comes_in_order() -> None:
    lane = FakeLane()
    for seq in range(1, 3 * PAGE + 7):
        lane.journal(seq, offered=False)
    assert await lane.drain() == list(range(1, 3 * PAGE + 7))


async def test_an_offer_needs_no_read_once_the_journal_is_known() -> None:
    lane = FakeLane()
    assert await lane.drain() == []
    reads = lane.reads
    for seq in range(1, 20):
        lane.journal(seq)
    assert await lane.drain() == list(range(1, 20))
    assert lane.reads == reads


async def test_what_is_offered_during_a_read_is_not_lost() -> None:
    lane = FakeLane()
    lane.journal(1, offered=False)
    lane.during = lambda: lane.journal(2)
    assert await lane.drain() == [1, 2]


async def test_hop_1_settled_during_a_read_is_noticed() -> None:
    """The row was read as open, and the news came before it was queued."""
    lane = FakeLane()
    lane.journal(1, hop1_open=True, offered=False)

    def settle() -> None:
        lane.unfinished[1] = due(event(1))
        lane.queue.hop1_settled(1)

    lane.during = settle
    assert await lane.drain() == [1]


async def test_an_event_waits_for_hop_1_and_nothing_overtakes_it() -> None:
    lane = FakeLane()
    await lane.drain()
    lane.journal(1, hop1_open=True)
    lane.journal(2)
    assert await lane.drain() == []
    lane.queue.hop1_settled(1)
    assert await lane.drain() == [1, 2]


async def test_a_refresh_shows_what_another_process_settled() -> None:
    lane = FakeLane()
    lane.journal(1, hop1_open=True, offered=False)
    assert await lane.drain() == []
    lane.unfinished[1] = due(event(1))
    assert await lane.drain() == []  # nobody has said so
    lane.queue.refresh()
    assert await lane.drain() == [1]


@pytest.mark.parametrize("claimed", [True, False])
async def test_news_do_not_drop_what_is_claimed_with_the_end_of_hop_1(claimed: bool) -> None:
    """Read again it would look as if it might have been sent already."""
    lane = FakeLane()
    await lane.drain()
    lane.journal(1, hop1_open=True)
    work = lane.queue.first
    assert work is not None
    if claimed:
        work.claimed = (PartClaim(0, Act.POST, 1, "text", "1.0"),)
    else:
        work.claiming = True
    lane.queue.refresh()
    assert await lane.queue.head() is None
    assert lane.queue.first is work
    lane.queue.hop1_settled(1)
    assert await lane.queue.head() is work


async def test_refreshes_do_not_read_again_what_can_be_worked() -> None:
    lane = FakeLane()
    for seq in range(1, 51):
        lane.journal(seq, offered=False)
    for _ in range(50):
        lane.queue.refresh()
        await lane.finish_head()
    assert lane.reads <= 2


async def test_a_row_that_comes_back_below_the_last_one_is_found() -> None:
    lane = FakeLane()
    lane.journal(5, offered=False)
    assert await lane.drain() == [5]
    lane.journal(3)
    assert await lane.drain() == [3]


@pytest.mark.parametrize(
    ("kind", "later", "pointless"),
    [
        (EventKind.CREATE, EventKind.EDIT, False),
        (EventKind.CREATE, EventKind.DELETE, True),
        (EventKind.EDIT, EventKind.EDIT, True),
        (EventKind.EDIT, EventKind.DELETE, True),
        (EventKind.DELETE, EventKind.EDIT, False),
    ],
)
async def test_what_makes_an_event_pointless(kind: EventKind, later: EventKind, pointless: bool) -> None:
    lane = FakeLane()
    await lane.drain()
    first = event(1, message_id=7, kind=kind)
    lane.queue.offer(Work(first))
    lane.queue.offer(Work(event(2, message_id=8, kind=later)))
    assert not lane.queue.overtaken(Work(first))
    lane.queue.offer(Work(event(3, message_id=7, kind=later)))
    assert lane.queue.overtaken(Work(first)) is pointless


@given(st.lists(st.sampled_from(["offered", "unseen", "finish", "refresh", "forget"]), max_size=150))
def test_every_event_is_worked_once_and_in_order(steps: list[str]) -> None:
    async def run() -> None:
        lane, seq, done = FakeLane(), 0, []
        for step in steps:
            if step in ("offered", "unseen"):
                seq += 1
                lane.journal(seq, offered=step == "offered")
            elif step == "finish":
                done.append(await lane.finish_head())
            else:
                getattr(lane.queue, step)()
        lane.queue.refresh()
        worked = [number for number in [*done, *await lane.drain()] if number is not None]
        assert sorted(worked) == list(range(1, seq + 1))
        if "unseen" not in steps:
            assert worked == sorted(worked)

    asyncio.run(run())


async def test_a_slow_read_cuts_no_wait_short() -> None:
    """The database tells a wait at some moment of the read, perhaps its last."""
    now = [100.0]

    async def read(limit: int) -> list[DueRow]:
        now[0] += 0.5
        return [due(event(1), wait=3.0)]

    queue = LaneQueue(read, lambda: now[0])
    work = await queue.head()
    assert work is not None
    assert work.read_at + work.rows[0].wait >= 103.5
