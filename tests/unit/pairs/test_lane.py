"""A lane over a journal in memory: crashes, waits, refusals, cancelled sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from pairs.journal.rows import AnyEvent, Claim, DueRow, NewEvent, Outcome, PartClaim, Step, StoredEvent
from pairs.lane import attempts
from pairs.lane.config import PairConfig
from pairs.lane.hop import Attempt, CopyGone, Plan
from pairs.lane.lane import Lane
from pairs.lane.trouble import Patience
from pairs.lane.waits import Waits
from pairs.models.delivery import Act, HopState
from project.core.errors import Ambiguous, NotFound, RetryLater, TargetGone
from project.core.message import EventKind
from tests.unit.pairs.builders import PAIR, due, event


class MemoryJournal:
    """Rows of one lane; what the real journal commits."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], DueRow] = {}
        self.outcomes: list[Outcome] = []
        self.stopped = ""
        self.commits = 0
        self.calls = 0
        self.reads = 0

    async def due(self, pair_id: int, hop: int, limit: int) -> list[DueRow]:
        self.reads += 1
        return [self.rows[key] for key in sorted(self.rows)][:limit]

    async def commit(self, step: Step) -> tuple[bool, ...]:
        await asyncio.sleep(0)
        self.commits += 1
        for outcome in step.outcomes:
            self._settle(outcome)
        return tuple(self._claim(claim) for claim in step.claims)

    def _claim(self, claim: Claim) -> bool:
        for part in claim.parts:
            of = event(claim.seq)
            self.rows[claim.seq, part.part] = due(
                of, part=part.part, act=part.act, state=HopState.SENDING, rendered=part.rendered, age=0.0,
                identity=claim.identity,
            )  # fmt: skip
        return True

    def _settle(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        key = (outcome.event_id, outcome.part)
        if outcome.state not in (HopState.WAITING, HopState.SENDING):
            self.rows.pop(key, None)
        elif key in self.rows:
            old = self.rows[key]
            self.rows[key] = due(
                old.event, part=old.part, act=old.act, state=outcome.state, wait=outcome.wait or 0.0, age=old.age,
                identity=old.identity, tries=outcome.tries, troubled=outcome.troubled, reason=outcome.reason,
            )  # fmt: skip

    async def stop_pair(self, pair_id: int, account: str, reason: str) -> None:
        self.stopped = reason


class FakeHop:
    """`answers` are raised or returned, one per call; then 1 is returned."""

    number = 1

    def __init__(self, *, parts: int = 1, lifetime: float = 0.0) -> None:
        self.parts = parts
        self.lifetime = lifetime
        self.answers: list[Any] = []
        self.calls: list[tuple[int, int, Attempt]] = []
        self.always: dict[int, Exception] = {}  # by seq, whenever it is called
        self.stands: list[int | None] = []  # what a look finds
        self.planning: Callable[[StoredEvent], None] = lambda of: None

    def key_lifetime(self, pair: PairConfig) -> float:
        return self.lifetime

    def account(self, pair: PairConfig) -> str:
        return pair.session

    def identity(self, pair: PairConfig) -> str:
        return "bot.1"

    def pause(self, pair: PairConfig) -> float:
        return 0.0

    def wait_keys(self, pair: PairConfig, part: PartClaim) -> tuple[str, ...]:
        return ("dc:channel:20",)

    def plan_at_once(self, pair: PairConfig, of: AnyEvent) -> Plan | None:
        return self._plan(of) if of.kind is EventKind.CREATE else None

    async def plan(self, pair: PairConfig, of: StoredEvent) -> Plan:
        self.planning(of)
        return self._plan(of)

    def _plan(self, of: AnyEvent) -> Plan:
        return Plan(
            tuple(PartClaim(n, Act.POST, of.message_id, "text", f"{of.message_id}.{n}") for n in range(self.parts))
        )

    async def look(self, pair: PairConfig, of: StoredEvent, part: PartClaim) -> int | None:
        return self.stands.pop(0) if self.stands else None

    async def perform(self, pair: PairConfig, of: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        self.calls.append((of.seq, part.part, attempt))
        if of.seq in self.always:
            raise self.always[of.seq]
        answer = self.answers.pop(0) if self.answers else 1
        if isinstance(answer, Exception):
            raise answer
        return int(answer)


class Run:
    def __init__(self, hop: FakeHop) -> None:
        self.hop = hop
        self.journal = MemoryJournal()
        self.waits = Waits(asyncio.get_running_loop().time)
        self.through: list[int] = []
        self.lane = Lane(
            pair=PAIR,
            hop=hop,
            journal=self.journal,  # type: ignore[arg-type]
            settled=lambda of: self.through.append(of.seq),
            following=lambda of: None,
            tell=lambda _: None,
            waits=self.waits,
            rng=Random(1),
            patience=Patience(tries=3, seconds=0.0),
        )

    def add(self, of: StoredEvent) -> None:
        self.journal.rows[of.seq, 0] = due(of)
        self.lane.offer(of, hop1_open=False)

    async def until_through(self, *seqs: int) -> None:
        async with asyncio.timeout(10):
            while self.through != list(seqs):
                await asyncio.sleep(0.005)

    def states(self) -> list[tuple[int, HopState]]:
        return [(outcome.event_id, outcome.state) for outcome in self.journal.outcomes]


@asynccontextmanager
async def running(hop: FakeHop, *events: StoredEvent) -> AsyncIterator[Run]:
    run = Run(hop)
    for of in events:
        run.add(of)
    task = asyncio.create_task(run.lane.run())
    try:
        yield run
    finally:
        run.lane.close()
        await task


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No seconds for unsure attempts to show up, nor for painting tracebacks."""
    monkeypatch.setattr(attempts, "SETTLE_TIME", 0.05)
    with capture_logs():
        yield


async def test_a_message_that_breaks_planning_is_set_aside_after_three_tries() -> None:
    hop, tries = FakeHop(), []

    def crash(of: StoredEvent) -> None:
        tries.append(of.seq)
        if of.seq == 1:
            raise ZeroDivisionError

    hop.planning = crash
    async with running(hop, event(1), event(2)) as run:
        await run.until_through(1, 2)
    assert tries == [1, 1, 1, 2]
    assert run.states() == [(1, HopState.DEAD), (2, HopState.SENT)]
    assert "ZeroDivisionError" in run.journal.outcomes[0].reason


@pytest.mark.parametrize("error", [ZeroDivisionError(), NotFound("no such thing")])
async def test_a_message_that_breaks_sending_is_set_aside_with_all_its_parts(error: Exception) -> None:
    hop = FakeHop(parts=3)
    hop.answers = [1, error, error, error]
    async with running(hop, event(1), event(2)) as run:
        await run.until_through(1, 2)
    dead = [(o.event_id, o.part) for o in run.journal.outcomes if o.state is HopState.DEAD]
    assert dead == [(1, 1), (1, 2)]
    assert not run.journal.rows


async def test_a_wait_stops_every_lane_of_its_key_and_what_was_not_tried_is_waiting_again() -> None:
    hop = FakeHop(parts=2)
    hop.answers = [RetryLater("wait", retry_after=0.2, scope="dc:channel:20")]
    async with running(hop, event(1)) as run:
        await asyncio.sleep(0)
        await run.until_through(1)
    put_back = [(o.part, o.state, o.wait) for o in run.journal.outcomes[:2]]
    assert put_back == [(0, HopState.WAITING, 0.2), (1, HopState.WAITING, 0.2)]
    assert [(part, attempt) for _, part, attempt in hop.calls] == [
        (0, Attempt.FIRST),
        (0, Attempt.FIRST),
        (1, Attempt.FIRST),
    ]


async def test_a_wait_after_a_lost_answer_does_not_forget_the_lost_answer() -> None:
    """The row may not go back to `waiting`, which says that nothing was sent."""
    hop = FakeHop(lifetime=60.0)
    hop.answers = [Ambiguous("lost"), RetryLater("wait", retry_after=0.05, scope="dc:channel:20")]
    async with running(hop, event(1)) as run:
        await run.until_through(1)
    assert run.states() == [(1, HopState.SENDING), (1, HopState.SENT)]
    assert [attempt for _, _, attempt in hop.calls] == [Attempt.FIRST, Attempt.KEYED, Attempt.KEYED]


async def test_without_a_key_a_lost_answer_is_looked_for() -> None:
    hop = FakeHop()
    hop.answers = [Ambiguous("lost")]
    async with running(hop, event(1)) as run:
        await run.until_through(1)
    assert [attempt for _, _, attempt in hop.calls] == [Attempt.FIRST, Attempt.UNSURE]


async def test_what_was_to_be_added_to_a_deleted_copy_is_skipped_and_the_rest_goes_on() -> None:
    hop = FakeHop(parts=3)
    hop.answers = [1, CopyGone()]
    async with running(hop, event(1, kind=EventKind.EDIT)) as run:
        await run.until_through(1)
    assert [o.state for o in run.journal.outcomes] == [HopState.SENT, HopState.SKIPPED, HopState.SENT]
    assert "deleted" in run.journal.outcomes[1].reason


async def test_a_delete_cancels_a_send_that_waits() -> None:
    hop = FakeHop()
    hop.answers = [RetryLater("wait", retry_after=0.2, scope="dc:channel:20")]
    async with running(hop, event(1)) as run:
        async with asyncio.timeout(5):
            while not run.journal.outcomes:
                await asyncio.sleep(0.005)
        run.add(event(2, message_id=1, kind=EventKind.DELETE))
        await run.until_through(1, 2)
    assert run.states()[:2] == [(1, HopState.WAITING), (1, HopState.SKIPPED)]
    assert len(hop.calls) == 2  # the refused create, and the delete


async def test_an_edit_storm_comes_down_to_the_last_edit() -> None:
    run = Run(FakeHop())
    for seq in range(1, 6):
        run.add(event(seq, message_id=9, kind=EventKind.EDIT, revision=seq))
    task = asyncio.create_task(run.lane.run())
    await run.until_through(1, 2, 3, 4, 5)
    run.lane.close()
    await task
    assert run.states() == [*((seq, HopState.SKIPPED) for seq in range(1, 5)), (5, HopState.SENT)]


async def test_a_gone_target_stops_the_pair_and_leaves_its_rows_untried() -> None:
    run = Run(FakeHop(parts=2))
    run.hop.answers = [TargetGone("The webhook does not exist.", code="10015")]
    run.add(event(1))
    async with asyncio.timeout(5):
        await run.lane.run()
    assert run.journal.stopped.startswith("hop 1: The webhook")
    assert {row.state for row in run.journal.rows.values()} == {HopState.WAITING}


async def test_a_closed_lane_puts_back_what_it_did_not_send() -> None:
    hop = FakeHop(parts=3)
    async with running(hop) as run:
        original = hop.perform

        async def close_after_first(*arguments: Any) -> int | None:
            run.lane.close()
            return await original(*arguments)

        hop.perform = close_after_first  # type: ignore[method-assign]
        run.add(event(1))
        async with asyncio.timeout(5):
            while len(run.journal.outcomes) < 3:
                await asyncio.sleep(0.005)
    assert [(o.part, o.state) for o in run.journal.outcomes] == [
        (0, HopState.SENT),
        (1, HopState.WAITING),
        (2, HopState.WAITING),
    ]


# --- one commit for several things


async def test_the_end_of_a_message_claims_the_next_one() -> None:
    run = Run(FakeHop())
    for seq in range(1, 11):
        run.add(event(seq))
    task = asyncio.create_task(run.lane.run())
    await run.until_through(*range(1, 11))
    run.lane.close()
    await task
    assert run.journal.commits == 11  # the first claim, then one commit per message
    assert {attempt for _, _, attempt in run.hop.calls} == {Attempt.FIRST}
    assert not run.journal.rows


async def test_a_closed_lane_puts_back_what_it_claimed_ahead() -> None:
    """The next owner need not wonder whether it was sent."""
    run = Run(FakeHop())
    run.add(event(1))
    run.add(event(2))
    perform = run.hop.perform

    async def close_meanwhile(*arguments: Any) -> int | None:
        answer = await perform(*arguments)
        commit = run.journal.commit

        async def committed(step: Step) -> tuple[bool, ...]:
            granted = await commit(step)
            run.lane.close()
            return granted

        run.journal.commit = committed  # type: ignore[method-assign]
        return answer

    run.hop.perform = close_meanwhile  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        await run.lane.run()
    assert [seq for seq, _, _ in run.hop.calls] == [1]
    assert [(row.event.seq, row.state) for row in run.journal.rows.values()] == [(2, HopState.WAITING)]


async def test_nothing_is_claimed_ahead_that_would_have_to_wait() -> None:
    hop = FakeHop()
    perform = hop.perform
    async with running(hop) as run:

        async def limited(*arguments: Any) -> int | None:
            run.waits.stop("dc:channel:20", 0.1)
            return await perform(*arguments)

        hop.perform = limited  # type: ignore[method-assign]
        run.add(event(1))
        run.add(event(2))
        await run.until_through(1, 2)
    assert run.journal.commits == 4


async def test_nothing_is_claimed_ahead_that_was_deleted_meanwhile() -> None:
    run = Run(FakeHop())
    for of in (event(1), event(2, message_id=7), event(3, message_id=7, kind=EventKind.DELETE)):
        run.add(of)
    task = asyncio.create_task(run.lane.run())
    await run.until_through(1, 2, 3)
    run.lane.close()
    await task
    assert run.states()[1] == (2, HopState.SKIPPED)


async def test_a_message_that_cannot_be_planned_does_not_harm_the_one_before_it() -> None:
    hop = FakeHop()

    def at_once(pair: PairConfig, of: AnyEvent) -> Plan | None:
        raise ZeroDivisionError

    hop.plan_at_once = at_once  # type: ignore[method-assign]
    async with running(hop, event(1), event(2)) as run:
        await run.until_through(1, 2)
    assert run.states() == [(1, HopState.SENT), (2, HopState.SENT)]


def new(message_id: int) -> NewEvent:
    of = event(message_id)
    return NewEvent(1, 1, of.scope, message_id, of.kind, b"", of.message)


async def test_an_idle_lane_takes_a_message_as_journaled_and_only_one() -> None:
    hop = FakeHop()
    async with running(hop) as run:
        async with asyncio.timeout(5):
            while not run.lane.idle:
                await asyncio.sleep(0.005)
        first = run.lane.prepare(new(1))
        assert first is not None
        assert run.lane.prepare(new(2)) is None
        run.lane.offer(replace(event(1), claimed=first.parts), hop1_open=False)
        await run.until_through(1)
    assert run.journal.commits == 1
    assert hop.calls == [(1, 0, Attempt.FIRST)]


async def test_hop_2_does_not_take_the_claim_of_hop_1_for_its_own() -> None:
    hop = FakeHop()
    hop.number = 2
    async with running(hop) as run:
        async with asyncio.timeout(5):
            while not run.lane.idle:
                await asyncio.sleep(0.005)
        reads = run.journal.reads
        part = PartClaim(0, Act.POST, 1, "text", "1.0")
        run.lane.offer(replace(event(1), claimed=(part,)), hop1_open=True)
        run.lane.hop1_settled(1)
        await run.until_through(1)
        assert run.journal.reads == reads
    assert hop.calls == [(1, 0, Attempt.FIRST)]


async def test_a_message_that_another_lane_claimed_is_read_from_the_journal() -> None:
    """The pair changed while its message was being journaled: the row says whose key it has."""
    hop = FakeHop(lifetime=60.0)
    async with running(hop) as run:
        part = PartClaim(0, Act.POST, 1, "text", "1.0")
        run.journal.rows[1, 0] = due(
            event(1), act=Act.POST, state=HopState.SENDING, rendered="text", age=0.0, identity="bot.other"
        )
        run.lane.offer(replace(event(1), claimed=(part,)), hop1_open=False)
        await run.until_through(1)
    assert hop.calls == [(1, 0, Attempt.UNSURE)]
