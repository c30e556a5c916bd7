"""A move is committed while a hand-over to the same session is under way: neither waits for the other in a circle."""

from __future__ import annotations

import asyncio

import asyncpg
from django.db import connections

from pairs.domain.moves import Move
from pairs.services.commits import commit
from tests.conftest import Connect
from tests.integration.pairs.moving_rows import pair, session

WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_a_commit_and_a_hand_over_do_not_block_each_other(pg: asyncpg.Connection, connect_pg: Connect) -> None:
    """The hand-over has locked both pairs; the commit has locked the new session and waits for its pair; then the
    hand-over names that session, whose key it needs."""
    watch = await connect_pg()
    target = await asyncio.to_thread(_rows)
    hand_over = pg.transaction()
    await hand_over.start()
    await pg.execute("SELECT 1 FROM pairs_pair ORDER BY id FOR NO KEY UPDATE")
    committing = asyncio.create_task(asyncio.to_thread(_commit, target))
    async with asyncio.timeout(15):
        while not await watch.fetchval(WAITING):
            await asyncio.sleep(0.02)
    await pg.execute("UPDATE pairs_assignment SET session_id = $1, generation = 2 WHERE pair_id = 2", target)
    await hand_over.commit()
    await committing
    rows = await pg.fetch(
        "SELECT a.session_id, p.wanted_session_id FROM pairs_assignment a JOIN pairs_pair p ON "
        "p.id = a.pair_id ORDER BY p.id"
    )
    assert rows[0]["wanted_session_id"] == target
    assert rows[1]["session_id"] == target


def _rows() -> int:
    try:
        one, two = session("one"), session("two")
        pair(1, one)
        pair(2, one, wanted_session=two)
        return int(two.pk)
    finally:
        connections.close_all()


def _commit(target: int) -> None:
    try:
        commit([Move(1, target - 1, "one", target, "two", 1, "active")], actor="test", kind="test", title="one pair")
    finally:
        connections.close_all()
