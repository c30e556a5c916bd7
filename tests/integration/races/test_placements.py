"""Two nodes want one placement; a report about a dead worker meets its successor."""

from __future__ import annotations

import asyncio
import uuid

import asyncpg
import pytest

from project.core.config import current
from project.core.leases import FENCE_SQL, acquire, release, renew
from tests.conftest import Connect
from tests.integration.races.order import open_transaction, until_waiting
from tests.integration.races.rows import hold
from workers.node import rows
from workers.room import budget_of

TTL = 15.0
ACCOUNT = "session.1"


async def node(conn: asyncpg.Connection, name: str) -> rows.Me:
    me = rows.Me(uuid.uuid4(), name, "", 1)
    await rows.look(conn, me, state="up", ttl=TTL)
    return me


async def place(conn: asyncpg.Connection) -> None:
    await conn.execute(
        "INSERT INTO workers_placement (account, host, restarts, last_exit, updated_at) VALUES ($1, $1, 0, '', now())",
        ACCOUNT,
    )


@pytest.mark.parametrize("first_commits", [True, False])
async def test_two_nodes_claim_one_placement(connect_pg: Connect, first_commits: bool) -> None:
    """The second one saw it free, and asks while the first one's claim is under way."""
    a, b, watch = await connect_pg(), await connect_pg(), await connect_pg()
    first, second = await node(a, "first"), await node(b, "second")
    await place(watch)
    under_way = a.transaction()
    await under_way.start()
    budget = budget_of(current())
    assert await rows.claim(a, first, [ACCOUNT], ttl=TTL, budget=budget) == [ACCOUNT]
    claiming = asyncio.create_task(rows.claim(b, second, [ACCOUNT], ttl=TTL, budget=budget))
    await until_waiting(watch)
    await (under_way.commit() if first_commits else under_way.rollback())
    assert await claiming == ([] if first_commits else [ACCOUNT])
    owner = await watch.fetchval("SELECT node_id FROM workers_placement")
    assert owner == (first.id if first_commits else second.id)


async def test_freeing_a_dead_workers_lease_waits_for_its_last_write(connect_pg: Connect) -> None:
    """waitpid reported the end before PostgreSQL noticed it: the dead process's backend still commits."""
    dead, supervisor, successor, watch = [await connect_pg() for _ in range(4)]
    holding = await hold(dead, ACCOUNT, "a:1")
    async with open_transaction(dead):
        assert await dead.fetchval(FENCE_SQL, ACCOUNT, holding.owner, holding.epoch)
        freeing = asyncio.create_task(rows.free_leases(supervisor, ["a:1"]))
        await until_waiting(watch)
        taking = asyncio.create_task(
            acquire(successor, account=ACCOUNT, owner="a:2", ttl=TTL, egress="", handover_wait=0)
        )
        await until_waiting(watch, 2)
        await dead.execute("INSERT INTO core_auditevent (actor, action, target, reason, correlation_id)"
                           " VALUES ('a', 'last write', 't', '', '')")  # fmt: skip
    await freeing
    taken = await taking
    assert taken is not None
    assert await successor.fetchval("SELECT count(*) FROM core_auditevent WHERE action = 'last write'") == 1


async def test_a_late_report_frees_nothing_of_the_successor(connect_pg: Connect) -> None:
    """The lease had expired and was taken over while the report was on its way, even within the same moment."""
    supervisor, successor, watch = [await connect_pg() for _ in range(3)]
    await hold(successor, ACCOUNT, "a:1", ttl=0.001)
    async with open_transaction(successor):
        await successor.execute("SELECT 1 FROM core_lease WHERE name = $1 FOR UPDATE", ACCOUNT)
        freeing = asyncio.create_task(rows.free_leases(supervisor, ["a:1"]))
        await until_waiting(watch)
        await successor.execute(
            "UPDATE core_lease SET owner = 'b:1', epoch = epoch + 1, expires_at = now() + interval '1 h'"
        )
    await freeing
    assert await watch.fetchval("SELECT released_at IS NULL AND owner = 'b:1' FROM core_lease")


async def test_a_release_by_a_rider_and_its_renewal_end_in_one_order(connect_pg: Connect) -> None:
    """Whichever comes first, a renewal never revives a lease that was given back."""
    worker, keeper, watch = [await connect_pg() for _ in range(3)]
    holding = await hold(worker, ACCOUNT, "a:1")
    async with open_transaction(worker):
        await release(worker, holding)
        renewing = asyncio.create_task(renew(keeper, [holding], ttl=TTL))
        await until_waiting(watch)
    assert not await renewing
    assert await watch.fetchval("SELECT released_at IS NOT NULL FROM core_lease")
