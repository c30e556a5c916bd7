"""A move is committed while a hand-over to the same session is under way: neither waits for the other in a circle."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from django.db import connections

from pairs.domain.moves import Move
from pairs.services.commits import commit
from project.core.errors import Conflict
from tests.conftest import Connect
from tests.integration.pairs.moving_rows import pair, session
from tests.integration.races.order import open_transaction, until_waiting


async def test_a_commit_and_a_hand_over_do_not_block_each_other(pg: asyncpg.Connection, connect_pg: Connect) -> None:
    """The hand-over has locked both pairs; the commit has locked the new session and waits for its pair; then the
    hand-over names that session, whose key it needs."""
    watch = await connect_pg()
    target = await asyncio.to_thread(_rows)
    hand_over = pg.transaction()
    await hand_over.start()
    await pg.execute("SELECT 1 FROM pairs_pair ORDER BY id FOR NO KEY UPDATE")
    committing = asyncio.create_task(asyncio.to_thread(_commit, target))
    await until_waiting(watch)
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


async def test_of_two_wishes_at_once_the_second_hears_where_the_pair_is_going(
    pg: asyncpg.Connection, connect_pg: Connect
) -> None:
    """The commit waits for the row; what it then tells is as new as the row, the name of the session included."""
    watch = await connect_pg()
    target = await asyncio.to_thread(_rows)
    async with open_transaction(pg):
        await pg.execute("UPDATE pairs_pair SET wanted_session_id = $1 WHERE id = 1", target)
        committing = asyncio.create_task(asyncio.to_thread(_commit, target - 1))
        await until_waiting(watch)
    with pytest.raises(Conflict, match="pair 1 is already moving to two"):
        await committing


async def test_a_hand_over_that_a_commit_waited_for_is_seen_by_it(pg: asyncpg.Connection, connect_pg: Connect) -> None:
    """The pair changed hands and back while the commit waited: it was planned for another generation."""
    watch = await connect_pg()
    target = await asyncio.to_thread(_rows)
    async with open_transaction(pg):
        await pg.execute("UPDATE pairs_pair SET status_reason = 'touched' WHERE id = 1")
        await pg.execute("UPDATE pairs_assignment SET generation = 3 WHERE pair_id = 1")
        committing = asyncio.create_task(asyncio.to_thread(_commit, target))
        await until_waiting(watch)
    with pytest.raises(Conflict, match="Meanwhile changed: pair 1"):
        await committing
