"""A pair goes from one session to another while messages keep coming: none is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from pairs.handover.owner import Wish
from pairs.handover.unserved import Unowned
from project.sandbox.faults import FaultRule
from tests.conftest import Connect
from tests.integration.pairs.rig import until, until_value
from tests.integration.pairs.two_sessions import OWNER, TwoSessions, two_sessions

WEBHOOK = "POST /webhooks/{id}/{token}"
SEND = "messages.sendMessage"
GENERATION = "SELECT generation FROM pairs_assignment"


@asynccontextmanager
async def load(rig: TwoSessions, every: float = 0.03) -> AsyncIterator[list[str]]:
    """Messages keep coming in the source; the list grows with them."""
    texts: list[str] = []

    async def post() -> None:
        while True:
            texts.append(f"message {len(texts)}")
            rig.world.post(rig.source, texts[-1])
            await asyncio.sleep(every)

    posting = asyncio.create_task(post())
    try:
        await rig.arrived("message 3")
        yield texts
    finally:
        posting.cancel()
        await asyncio.wait([posting])


@pytest.fixture(params=[(True, False), (False, True)], ids=["webhook, itself", "bot, sender bot"])
async def rig(pg: asyncpg.Connection, request: pytest.FixtureRequest) -> AsyncIterator[TwoSessions]:
    by_webhook, by_bot = request.param
    async with two_sessions(pg, by_webhook=by_webhook, by_bot=by_bot) as rig:
        yield rig


@pytest.fixture
async def by_itself(pg: asyncpg.Connection) -> AsyncIterator[TwoSessions]:
    async with two_sessions(pg, by_webhook=True, by_bot=False) as rig:
        yield rig


async def test_there_and_back_under_load(rig: TwoSessions, pg: asyncpg.Connection) -> None:
    async with load(rig) as texts:
        for turn, name in enumerate([rig.other, rig.session, rig.other]):
            await rig.want(name)
            await rig.has(name)
            await rig.arrived(texts[-1])
            assert await pg.fetchval(GENERATION) == turn + 2
    await rig.all_arrived(texts)


async def test_edits_and_deletes_of_that_time_arrive(pg: asyncpg.Connection) -> None:
    async with two_sessions(pg, by_webhook=False, by_bot=True) as rig:
        first, second = (rig.world.post(rig.source, text) for text in ("first", "second"))
        await rig.arrived("second")
        async with load(rig) as texts:
            await rig.want(rig.other)
            rig.world.edit(rig.source, first, "first, corrected")
            await rig.has(rig.other)
            rig.world.delete(rig.source, [second])
        await until(lambda: rig.at_destination() == ["first, corrected", *texts], "the edit and the delete")


async def test_a_call_under_way_is_finished_first(by_itself: TwoSessions, pg: asyncpg.Connection) -> None:
    """Discord takes its time over a post: the pair changes hands after it, and nobody has to look for it."""
    by_itself.discord.world.fault(FaultRule(WEBHOOK, delay=1.0))
    by_itself.world.post(by_itself.source, "slow")
    await until_value(pg, "SELECT state FROM pairs_delivery WHERE hop = 1", "sending")
    await by_itself.want(by_itself.other)
    await by_itself.has(by_itself.other)
    assert await pg.fetchval("SELECT state FROM pairs_delivery WHERE hop = 1") == "sent"
    by_itself.world.post(by_itself.source, "next")
    await by_itself.all_arrived(["slow", "next"])


@pytest.mark.parametrize("method", [WEBHOOK, SEND])
async def test_a_call_that_hangs_is_left_to_the_new_owner_who_looks_first(
    by_itself: TwoSessions, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The post stands, its answer never came, and whoever made its key is not the sender any more."""
    monkeypatch.setattr("pairs.engine.RELOAD", 0.1)
    monkeypatch.setattr("pairs.lane.lanes.DRAIN", 0.2)
    monkeypatch.setattr("pairs.lane.attempts.SETTLE_TIME", 3.0)
    rule = FaultRule(method, delay=2.0)
    (by_itself.discord.world.fault if method == WEBHOOK else by_itself.world.faults.add)(rule)
    by_itself.world.post(by_itself.source, "hangs")
    hop = 1 if method == WEBHOOK else 2
    await until_value(pg, f"SELECT state FROM pairs_delivery WHERE hop = {hop}", "sending")
    await by_itself.want(by_itself.other)
    await by_itself.has(by_itself.other)
    assert await pg.fetchval(f"SELECT state FROM pairs_delivery WHERE hop = {hop}") == "sending"
    by_itself.world.post(by_itself.source, "next")
    await by_itself.all_arrived(["hangs", "next"])


async def test_the_old_owner_killed_half_way_comes_back_and_ends_it(rig: TwoSessions) -> None:
    async with load(rig) as texts:
        await _killed_before_the_commit(rig)
        await rig.revive(rig.session)
        await rig.has(rig.other)
    await rig.all_arrived(texts)


async def test_the_old_owner_killed_half_way_never_comes_back(rig: TwoSessions, pg: asyncpg.Connection) -> None:
    """Its supervisor has freed the lease; the pair is taken from it, with what it left unfinished."""
    async with load(rig) as texts:
        await _killed_before_the_commit(rig)
        assert await Unowned(ttl=15).take(pg) == [rig.pair]
        await rig.has(rig.other)
        assert await pg.fetchval(GENERATION) == 2
    await rig.all_arrived(texts)


async def _killed_before_the_commit(rig: TwoSessions) -> None:
    """The owner has drained and is about to commit the new one."""
    reached = asyncio.Event()

    async def give(wishes: list[Wish]) -> None:
        reached.set()
        await asyncio.Event().wait()

    rig.process(rig.session)._handover.give = give  # type: ignore[method-assign,assignment]
    await rig.want(rig.other)
    await asyncio.wait_for(reached.wait(), 15)
    await rig.kill(rig.session, freed=True)


async def test_the_old_owner_killed_in_the_middle_of_its_calls(
    rig: TwoSessions, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any warning, with posts of unknown outcome on their way."""
    monkeypatch.setattr("pairs.lane.attempts.SETTLE_TIME", 1.5)
    async with load(rig, every=0.01) as texts:
        await until(lambda: len(rig.at_destination()) > 20, "some traffic")
        await rig.kill(rig.session, freed=True)
        await rig.want(rig.other)
        assert await Unowned(ttl=15).take(pg) == [rig.pair]
        await rig.has(rig.other)
    await rig.all_arrived(texts)


async def test_the_new_owner_killed_before_it_has_begun(rig: TwoSessions) -> None:
    async with load(rig) as texts:
        rig.deaf.add(rig.other)
        await rig.want(rig.other)
        await rig.has(rig.other)
        await rig.kill(rig.other)
        await rig.revive(rig.other)
    await rig.all_arrived(texts)


async def test_lost_wake_ups_are_made_up_for(rig: TwoSessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the old nor the new owner hears anything."""
    monkeypatch.setattr("pairs.engine.POLL", 0.5)
    async with load(rig) as texts:
        for name in (rig.session, rig.other, rig.sender):
            rig.process(name).wake()  # to wait by the new figure from here on
            rig.deaf.add(name)
        await rig.want(rig.other)
        await rig.has(rig.other)
    await rig.all_arrived(texts)


async def test_a_wish_taken_back_in_time_changes_nothing(
    rig: TwoSessions, pg: asyncpg.Connection, connect_pg: Connect
) -> None:
    """The owner has drained for the other session when the wish changes: its compare-and-set fails and it goes on."""
    owner = rig.process(rig.session)
    give = owner._handover.give
    operator = await connect_pg()

    async def changed_meanwhile(wishes: list[Wish]) -> None:
        await operator.execute("UPDATE pairs_pair SET wanted_session_id = NULL")
        await give(wishes)

    owner._handover.give = changed_meanwhile  # type: ignore[method-assign,assignment]
    async with load(rig) as texts:
        await rig.want(rig.other)
        await until_value(pg, "SELECT wanted_session_id IS NULL FROM pairs_pair", value=True)
        await rig.arrived(texts[-1])
    await rig.all_arrived(texts)
    assert await pg.fetchval(OWNER) == rig.session
    assert await pg.fetchval(GENERATION) == 1
