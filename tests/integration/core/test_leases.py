"""Leases on a real PostgreSQL: who may own an account, from when on, and what an old owner can still do."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from project.core.leases import FENCE_SQL, Acquired, Holding, acquire, release, renew
from tests.conftest import Connect
from tests.integration.races.order import until_waiting

TTL = 15.0
HANDOVER = 30.0
ACCOUNT = "session.1"


async def take(
    conn: asyncpg.Connection,
    owner: str,
    *,
    account: str = ACCOUNT,
    egress: str = "10.0.0.1",
    ttl: float = TTL,
) -> Acquired | None:
    return await acquire(conn, account=account, owner=owner, ttl=ttl, egress=egress, handover_wait=HANDOVER)


async def taken(conn: asyncpg.Connection, owner: str, **more: object) -> Acquired:
    acquired = await take(conn, owner, **more)  # type: ignore[arg-type]
    assert acquired is not None
    return acquired


async def expire(conn: asyncpg.Connection, account: str = ACCOUNT) -> None:
    await conn.execute("UPDATE core_lease SET expires_at = clock_timestamp() WHERE name = $1", account)


async def let_pass(conn: asyncpg.Connection, seconds: float) -> None:
    """Time goes by: every time of the lease moves into the past."""
    await conn.execute(
        "UPDATE core_lease SET expires_at = expires_at - $1::interval,"
        " released_at = released_at - $1::interval,"
        " ready_at = ready_at - $1::interval",
        timedelta(seconds=seconds),
    )


async def is_fenced(conn: asyncpg.Connection, holding: Holding) -> bool:
    return await conn.fetchval(FENCE_SQL, holding.account, holding.owner, holding.epoch) is None


async def test_first_owner_of_an_account_connects_at_once(pg: asyncpg.Connection) -> None:
    acquired = await taken(pg, "a:1")
    assert acquired == Acquired(Holding(ACCOUNT, "a:1", 1), 0.0)


async def test_a_live_lease_is_refused_to_another_owner(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1")
    assert await take(pg, "b:1") is None
    assert await renew(pg, [first.holding], ttl=TTL)


async def test_same_node_connects_at_once_after_a_clean_release(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1", egress="")
    await release(pg, first.holding)
    second = await taken(pg, "a:2", egress="")
    assert (second.wait, second.holding.epoch) == (0.0, 2)


async def test_another_node_behind_the_same_address_connects_at_once(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1", egress="10.0.0.1")
    await release(pg, first.holding)
    assert (await taken(pg, "b:1", egress="10.0.0.1")).wait == 0.0


@pytest.mark.parametrize("egress", ["10.0.0.2", ""])
async def test_another_address_waits_the_rest_of_the_handover(pg: asyncpg.Connection, egress: str) -> None:
    first = await taken(pg, "a:1", egress="10.0.0.1")
    await release(pg, first.holding)
    await let_pass(pg, 10)
    assert (await taken(pg, "b:1", egress=egress)).wait == pytest.approx(20, abs=1)


async def test_unknown_addresses_of_two_nodes_are_not_the_same(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1", egress="")
    await release(pg, first.holding)
    assert (await taken(pg, "b:1", egress="")).wait == pytest.approx(HANDOVER, abs=1)


async def test_a_node_that_changed_its_address_waits(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1", egress="10.0.0.1")
    await release(pg, first.holding)
    assert (await taken(pg, "a:2", egress="10.0.0.2")).wait == pytest.approx(HANDOVER, abs=1)


async def test_another_address_long_after_the_release_connects_at_once(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1")
    await release(pg, first.holding)
    await let_pass(pg, HANDOVER)
    assert (await taken(pg, "b:1", egress="10.0.0.2")).wait == 0.0


@pytest.mark.parametrize(("owner", "egress"), [("a:2", "10.0.0.1"), ("b:1", "10.0.0.1"), ("b:1", "10.0.0.2")])
async def test_an_expired_lease_costs_the_whole_ttl(pg: asyncpg.Connection, owner: str, egress: str) -> None:
    first = await taken(pg, "a:1")
    await expire(pg)
    second = await taken(pg, owner, egress=egress)
    assert second.wait == TTL
    assert not await renew(pg, [first.holding], ttl=TTL)
    assert await is_fenced(pg, first.holding)


async def test_a_wait_that_was_cut_short_is_inherited(pg: asyncpg.Connection) -> None:
    """A's last byte left from one address; B took over and went before it connected; C must not be early."""
    first = await taken(pg, "a:1", egress="10.0.0.1")
    await release(pg, first.holding)
    second = await taken(pg, "b:1", egress="10.0.0.2")
    await let_pass(pg, 5)
    await release(pg, second.holding)
    third = await taken(pg, "c:1", egress="10.0.0.2")
    assert third.wait == pytest.approx(HANDOVER - 5, abs=1)


async def test_an_acquire_whose_answer_was_lost_can_be_repeated(pg: asyncpg.Connection) -> None:
    await taken(pg, "a:1")
    await expire(pg)
    lost = await taken(pg, "b:1")
    again = await taken(pg, "b:1")
    assert again.holding.epoch == lost.holding.epoch + 1
    assert again.wait == pytest.approx(TTL, abs=1)


async def test_a_clock_set_back_does_not_hold_an_account_for_long(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1")
    await release(pg, first.holding)
    await let_pass(pg, -86400)
    assert (await taken(pg, "b:1", egress="10.0.0.2")).wait <= HANDOVER


async def test_renewal_keeps_a_lease_alive(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1")
    await let_pass(pg, TTL - 1)
    assert await renew(pg, [first.holding], ttl=TTL)
    await let_pass(pg, TTL - 1)
    assert await take(pg, "b:1") is None


async def test_an_expired_or_released_lease_cannot_be_renewed(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1")
    await expire(pg)
    assert not await renew(pg, [first.holding], ttl=TTL)
    second = await taken(pg, "a:2")
    await release(pg, second.holding)
    assert not await renew(pg, [second.holding], ttl=TTL)


async def test_one_lost_lease_fails_the_whole_renewal(pg: asyncpg.Connection) -> None:
    session = await taken(pg, "a:1")
    sender = await taken(pg, "a:1", account="sender.1")
    both = [session.holding, sender.holding]
    assert await renew(pg, both, ttl=TTL)
    await expire(pg, "sender.1")
    await taken(pg, "b:1", account="sender.1")
    assert not await renew(pg, both, ttl=TTL)


async def test_an_old_owner_cannot_release_the_new_owners_lease(pg: asyncpg.Connection) -> None:
    first = await taken(pg, "a:1")
    await expire(pg)
    second = await taken(pg, "b:1")
    await release(pg, first.holding)
    assert await renew(pg, [second.holding], ttl=TTL)
    assert await take(pg, "c:1") is None


async def test_of_many_owners_at_once_one_wins(connect_pg: Connect) -> None:
    conns = [await connect_pg() for _ in range(8)]
    results = await asyncio.gather(*(take(conn, f"n{i}:1") for i, conn in enumerate(conns)))
    assert len([result for result in results if result]) == 1


async def test_taking_over_waits_for_a_write_in_flight_and_sees_it(connect_pg: Connect) -> None:
    """The write began while its owner held the lease: the new owner reads only after it is committed."""
    old, new, watch = await connect_pg(), await connect_pg(), await connect_pg()
    first = await taken(old, "a:1", ttl=0.2)
    writing = old.transaction()
    await writing.start()
    assert not await is_fenced(old, first.holding)
    await old.execute("INSERT INTO core_auditevent (actor, action, target, reason, correlation_id)"
                      " VALUES ('a', 'write', 't', '', '')")  # fmt: skip
    await expire_from_outside(watch)
    takeover = asyncio.create_task(take(new, "b:1"))
    await until_waiting_for_a_lock(watch)
    assert not takeover.done()
    await writing.commit()
    acquired = await asyncio.wait_for(takeover, 5)
    assert acquired is not None
    assert acquired.wait == TTL
    assert await new.fetchval("SELECT count(*) FROM core_auditevent WHERE action = 'write'") == 1
    assert await is_fenced(old, first.holding)


async def test_a_release_waits_for_a_write_in_flight(connect_pg: Connect) -> None:
    """After kill -9 the dead process's backend may still commit: the lease is not free before that."""
    old, supervisor, watch = await connect_pg(), await connect_pg(), await connect_pg()
    first = await taken(old, "a:1")
    writing = old.transaction()
    await writing.start()
    assert not await is_fenced(old, first.holding)
    freeing = asyncio.create_task(release(supervisor, first.holding))
    await until_waiting_for_a_lock(watch)
    assert await watch.fetchval("SELECT released_at FROM core_lease") is None
    await writing.commit()
    await asyncio.wait_for(freeing, 5)
    assert (await taken(supervisor, "a:2")).wait == 0.0


async def test_a_writer_that_never_ends_makes_the_takeover_try_again_later(
    connect_pg: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("project.core.leases.LOCK_LIMIT", 0.05)
    old, new, watch = await connect_pg(), await connect_pg(), await connect_pg()
    first = await taken(old, "a:1", ttl=0.2)
    async with old.transaction():
        assert not await is_fenced(old, first.holding)
        await expire_from_outside(watch)
        assert await take(new, "b:1") is None
    assert (await taken(new, "b:1")).wait == TTL


async def test_a_renewal_that_lost_the_race_fails(connect_pg: Connect) -> None:
    """The renewal queues behind a takeover that is already under way."""
    old, new, watch = await connect_pg(), await connect_pg(), await connect_pg()
    first = await taken(old, "a:1")
    async with new.transaction():
        await new.execute("SELECT 1 FROM core_lease FOR UPDATE")
        renewal = asyncio.create_task(renew(old, [first.holding], ttl=TTL))
        await until_waiting_for_a_lock(watch)
        await expire(new)
        assert await new.fetchval("UPDATE core_lease SET epoch = epoch + 1, owner = 'b:1' RETURNING epoch") == 2
    assert not await asyncio.wait_for(renewal, 5)


async def expire_from_outside(watch: asyncpg.Connection) -> None:
    """Let the lease run out without touching its row, which the old owner's transaction has locked."""
    deadline = asyncio.get_running_loop().time() + 5
    while await watch.fetchval("SELECT expires_at > clock_timestamp() FROM core_lease"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def until_waiting_for_a_lock(watch: asyncpg.Connection) -> None:
    """Until some backend of this database waits for a row lock."""
    async with asyncio.timeout(5):
        await until_waiting(watch)
