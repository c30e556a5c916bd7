"""A hand-over of a pair against writes, against another hand-over, and against an owner who is not gone after all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest

from pairs.handover.owner import HandOver, Wish
from pairs.handover.unserved import Unowned, give_away
from pairs.journal.link import JournalLink
from project.core.errors import FenceLost
from project.core.leases import FENCE_SQL, Holding, release, renew
from project.core.link import Link
from tests.conftest import Connect
from tests.integration.races.order import open_transaction, until_waiting
from tests.integration.races.rows import Rows, assigned, hold, make_rows, want

TTL = 15.0
WRITE = "SELECT 1 FROM pairs_assignment WHERE generation = $1 FOR SHARE"  # what every write of a session locks


@dataclass
class Clock:
    """Our own monotonic clock."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


async def wanted(conn: asyncpg.Connection) -> tuple[Rows, Holding]:
    """The first session is alive and has the pair; the second one is to have it."""
    rows = await make_rows()
    holding = await hold(conn, rows.one)
    await want(conn, rows.two)
    return rows, holding


async def give(holding: Holding, wish: Wish) -> None:
    link = Link("test")
    try:
        await HandOver(JournalLink(link), {holding.account: holding}).give([wish])
    finally:
        link.close()


async def test_it_queues_behind_a_write_in_flight_and_the_next_write_finds_it_done(connect_pg: Connect) -> None:
    writer, watch = await connect_pg(), await connect_pg()
    rows, holding = await wanted(watch)
    async with open_transaction(writer):
        assert await writer.fetchval(FENCE_SQL, holding.account, holding.owner, holding.epoch)
        assert await writer.fetchval(WRITE, 1)
        giving = asyncio.create_task(give(holding, Wish(rows.pair, 1, rows.one)))
        await until_waiting(watch)
        assert await assigned(watch) == (rows.one, 1)
    await giving
    assert await assigned(watch) == (rows.two, 2)
    assert await writer.fetchval(WRITE, 1) is None


async def test_a_write_that_waits_for_it_is_refused(connect_pg: Connect) -> None:
    """The write asks while the hand-over is under way, and reads on when it is committed."""
    owner, writer, watch = await connect_pg(), await connect_pg(), await connect_pg()
    rows, holding = await wanted(watch)
    async with open_transaction(owner):
        await give_away(owner, holding)
        writing = asyncio.create_task(writer.fetchval(WRITE, 1))
        await until_waiting(watch)
    assert await writing is None
    assert await assigned(watch) == (rows.two, 2)


async def test_the_owner_and_control_at_once_move_it_once(connect_pg: Connect) -> None:
    """The owner's commit is under way when its lease is found given back (it is about to end)."""
    owner, control, watch = await connect_pg(), await connect_pg(), await connect_pg()
    rows, holding = await wanted(watch)
    async with open_transaction(owner):
        await give_away(owner, holding)
        await owner.execute("UPDATE core_lease SET released_at = clock_timestamp() WHERE name = $1", rows.one)
        assert await Unowned(ttl=TTL).take(control) == []
    assert await Unowned(ttl=TTL).take(control) == []
    assert await assigned(watch) == (rows.two, 2)


async def test_a_lost_answer_is_asked_again_and_moves_nothing_twice(pg: asyncpg.Connection) -> None:
    rows, holding = await wanted(pg)
    for _ in range(2):
        await give(holding, Wish(rows.pair, 1, rows.one))
    assert await assigned(pg) == (rows.two, 2)


async def test_an_owner_whose_lease_was_taken_hands_over_nothing(pg: asyncpg.Connection) -> None:
    rows, holding = await wanted(pg)
    await release(pg, holding)
    await hold(pg, rows.one, "b:1")
    with pytest.raises(FenceLost):
        await give(holding, Wish(rows.pair, 1, rows.one))
    with pytest.raises(FenceLost):
        await give_away(pg, holding)
    assert await assigned(pg) == (rows.one, 1)


# --- control


async def test_a_live_owner_is_not_forced_whatever_the_databases_clock_says(pg: asyncpg.Connection) -> None:
    """The clock was set an hour ahead: every lease looks expired until its owner renews it by the new clock."""
    rows, holding = await wanted(pg)
    clock = Clock()
    control = Unowned(ttl=TTL, clock=clock)
    for _ in range(10):
        await pg.execute("UPDATE core_lease SET expires_at = expires_at - interval '1 h'")
        assert await control.take(pg) == []
        await pg.execute("UPDATE core_lease SET expires_at = expires_at + interval '1 h'")
        assert await renew(pg, [holding], ttl=60)
        clock.now += 4.0
    assert await assigned(pg) == (rows.one, 1)


async def test_an_owner_silent_for_the_ttl_of_our_own_clock_is_gone(pg: asyncpg.Connection) -> None:
    rows, _ = await wanted(pg)
    clock = Clock()
    control = Unowned(ttl=TTL, clock=clock)
    assert await control.take(pg) == []
    clock.now = TTL - 0.1
    assert await control.take(pg) == []
    clock.now = TTL
    assert await control.take(pg) == [rows.pair]
    assert await assigned(pg) == (rows.two, 2)


@pytest.mark.parametrize("act", ["renew", "acquire"])
async def test_an_owner_that_shows_up_between_the_look_and_the_force_keeps_the_pair(
    connect_pg: Connect, act: str
) -> None:
    owner, control, watch = await connect_pg(), await connect_pg(), await connect_pg()
    rows, holding = await wanted(watch)
    clock = Clock()
    unowned = Unowned(ttl=TTL, clock=clock)
    await unowned.take(control)
    clock.now = TTL
    original = unowned.gone

    def looked(owners: object) -> object:
        found = original(owners)  # type: ignore[arg-type]
        assert found
        return found

    unowned.gone = looked  # type: ignore[method-assign,assignment]
    async with open_transaction(owner):
        await owner.execute("SELECT 1 FROM core_lease FOR UPDATE")
        assert await unowned.take(control) == []  # somebody is at the lease: not now
        if act == "renew":
            assert await renew(owner, [holding], ttl=60)
        else:
            await owner.execute("UPDATE core_lease SET epoch = epoch + 1, owner = 'b:1'")
    assert await assigned(watch) == (rows.one, 1)
    unowned.gone = original  # type: ignore[method-assign]
    assert await unowned.take(control) == []  # it was seen to move: its time begins anew
    assert await assigned(watch) == (rows.one, 1)


async def test_forcing_waits_until_the_dead_owners_last_write_is_through(connect_pg: Connect) -> None:
    dead, control, watch = await connect_pg(), await connect_pg(), await connect_pg()
    rows, holding = await wanted(watch)
    clock = Clock()
    unowned = Unowned(ttl=TTL, clock=clock)
    await unowned.take(control)
    clock.now = TTL
    async with open_transaction(dead):
        assert await dead.fetchval(FENCE_SQL, holding.account, holding.owner, holding.epoch)
        assert await unowned.take(control) == []
        assert await assigned(watch) == (rows.one, 1)
    assert await unowned.take(control) == [rows.pair]


async def test_a_session_that_never_ran_is_no_hindrance(pg: asyncpg.Connection) -> None:
    rows = await make_rows()
    await want(pg, rows.two)
    assert await Unowned(ttl=TTL).take(pg) == [rows.pair]
    assert await assigned(pg) == (rows.two, 2)


async def test_pairs_of_a_session_that_is_held_but_not_connected_are_given_away(pg: asyncpg.Connection) -> None:
    """Its account is dead, say: the process holds the lease, and nothing of the pair runs there."""
    rows, holding = await wanted(pg)
    assert await Unowned(ttl=TTL).take(pg) == []
    await give_away(pg, holding)
    assert await assigned(pg) == (rows.two, 2)
