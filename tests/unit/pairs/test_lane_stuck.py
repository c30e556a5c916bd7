"""A message that the platform never decides about: told from an outage by trying the one behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from random import Random

import pytest
from structlog.testing import capture_logs

from pairs.lane import attempts
from pairs.lane.hop import Attempt
from pairs.models.delivery import HopState
from project.core.errors import Ambiguous, Refused, TargetGone, Unreachable
from project.core.message import EventKind
from tests.unit.pairs.builders import event
from tests.unit.pairs.test_lane import FakeHop, Run, running

LOST = Ambiguous("Discord answered 500.", code="500")
DOWN = Unreachable("Discord is not reachable.", code="LOST")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tries follow each other at once."""

    def soon(attempt: int, rng: Random) -> float:
        return 0.002

    monkeypatch.setattr(attempts, "SETTLE_TIME", 0.002)
    monkeypatch.setattr("pairs.lane.parts.backoff", soon)
    monkeypatch.setattr("pairs.lane.lane.backoff", soon)
    with capture_logs():
        yield


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("error", [LOST, DOWN], ids=["5xx", "unreachable"])
async def test_it_becomes_a_dead_letter_that_says_so_when_the_next_one_passes(error: Exception) -> None:
    hop = FakeHop()
    hop.always = {1: error}
    async with running(hop, event(1), event(2), event(3)) as run:
        await run.until_through(1, 2, 3)
    dead = next(outcome for outcome in run.journal.outcomes if outcome.state is HopState.DEAD)
    assert (dead.event_id, dead.reason) == (
        1,
        f"{str(error).rstrip('.')}: tried 3 times in vain, while the message behind it went through.",
    )
    assert [seq for seq, _, _ in hop.calls] == [1, 1, 1, 2, 3]
    assert [o.event_id for o in run.journal.outcomes if o.state is HopState.SENT] == [2, 3]


async def test_an_outage_sets_nothing_aside_and_keeps_the_order() -> None:
    hop = FakeHop()
    hop.always = {1: LOST, 2: LOST, 3: LOST}
    async with running(hop, event(1), event(2), event(3)) as run:
        await until(lambda: sum(1 for seq, _, _ in hop.calls if seq == 2) >= 3)
        hop.always.clear()
        await run.until_through(1, 2, 3)
    assert not [outcome for outcome in run.journal.outcomes if outcome.state is HopState.DEAD]
    assert [o.event_id for o in run.journal.outcomes if o.state is HopState.SENT] == [1, 2, 3]
    second = [attempt for seq, _, attempt in hop.calls if seq == 2]
    assert second[1:] == [Attempt.UNSURE] * (len(second) - 1), "what may stand is looked for before it is sent again"


async def test_one_that_stands_after_all_is_no_dead_letter() -> None:
    hop = FakeHop()
    hop.always = {1: LOST}
    hop.stands = [77]
    async with running(hop, event(1), event(2)) as run:
        await run.until_through(1, 2)
    sent = [(o.event_id, o.remote_id) for o in run.journal.outcomes if o.state is HopState.SENT]
    assert sent == [(1, 77), (2, 1)]


async def test_alone_it_goes_on_being_tried_until_another_one_comes() -> None:
    hop = FakeHop()
    hop.always = {1: LOST}
    async with running(hop, event(1)) as run:
        await until(lambda: len(hop.calls) > 6)
        assert not [o for o in run.journal.outcomes if o.state is HopState.DEAD]
        run.add(event(2))
        await run.until_through(1, 2)
    assert [o.event_id for o in run.journal.outcomes if o.state is HopState.DEAD] == [1]


async def test_its_own_edit_is_never_taken_for_the_next_message() -> None:
    hop = FakeHop()
    hop.always = {1: LOST}
    async with running(hop, event(1), event(2, message_id=1, kind=EventKind.EDIT, revision=1)) as run:
        await until(lambda: len(hop.calls) > 6)
        assert {seq for seq, _, _ in hop.calls} == {1}
        run.add(event(3))
        await run.until_through(1, 3, 2)


async def test_what_was_tried_is_on_the_row_for_the_next_process() -> None:
    """A kill -9 changes nothing: the tries go on where they were, and the message is set aside all the same."""
    hop = FakeHop()
    hop.always = {1: LOST}
    async with running(hop, event(1)) as first:
        await until(lambda: first.journal.rows[1, 0].tries >= 2)
        row = first.journal.rows[1, 0]
        assert (row.state, row.reason) == (HopState.SENDING, "Discord answered 500.")
        assert row.troubled is not None
    later = Run(hop)
    later.journal.rows = dict(first.journal.rows)
    called = len(hop.calls)
    later.add(event(2))
    later.journal.rows[1, 0] = row
    task = asyncio.create_task(later.lane.run())
    await later.until_through(1, 2)
    later.lane.close()
    await task
    assert [seq for seq, _, _ in hop.calls[called:]] == [1, 2]
    assert "tried 3 times" in next(o.reason for o in later.journal.outcomes if o.state is HopState.DEAD)


async def test_parts_behind_the_one_that_is_stuck_go_with_it_and_the_next_ones_parts_all_arrive() -> None:
    hop = FakeHop(parts=2)
    hop.always = {1: LOST}
    async with running(hop, event(1), event(2)) as run:
        await run.until_through(1, 2)
    states = [(o.event_id, o.part, o.state) for o in run.journal.outcomes if o.state in (HopState.DEAD, HopState.SENT)]
    assert states == [
        (1, 0, HopState.DEAD),
        (1, 1, HopState.DEAD),
        (2, 0, HopState.SENT),
        (2, 1, HopState.SENT),
    ]


async def test_a_next_one_that_is_refused_shows_nothing() -> None:
    hop = FakeHop()
    hop.always = {1: LOST, 2: Refused("Discord found the message malformed.", code="50035")}
    async with running(hop, event(1), event(2)) as run:
        await until(lambda: len(hop.calls) > 8)
        assert not [o for o in run.journal.outcomes if o.state is HopState.DEAD]


async def test_a_target_that_is_gone_for_the_next_one_stops_the_pair_and_keeps_both() -> None:
    run = Run(FakeHop())
    run.hop.always = {1: LOST, 2: TargetGone("The webhook does not exist any more.", code="10015")}
    run.add(event(1))
    run.add(event(2))
    async with asyncio.timeout(10):
        await run.lane.run()
    assert run.journal.stopped
    assert sorted(seq for seq, _ in run.journal.rows) == [1, 2]
    assert run.journal.rows[1, 0].state is HopState.SENDING
