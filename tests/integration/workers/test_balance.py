"""Accounts go to nodes that have fewer, one at a time, by the ordinary hand-over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from pytest_django.fixtures import Settings

from project.core.config import current
from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer
from workers.bot.workerstatus import status_text
from workers.control import Rounds
from workers.services.balance import MoveView, balance, move_one, show_spread
from workers.services.status import worker_status

pytestmark = pytest.mark.timeout(120)
HOME = {"EGRESS_NAME": "home"}
ON_NODES = "SELECT n.name, count(*) FROM workers_placement p JOIN workers_node n ON n.id = p.node_id GROUP BY n.name"
MOVED = """
SELECT target, before->>'node' AS source, after->>'node' AS target_node, reason FROM core_auditevent ORDER BY id
"""


@pytest.fixture
def quick(settings: Settings) -> None:
    """Control's settings: a move when the one before is up."""
    settings.RELAY = replace(current(), lease_ttl=4.0, balance_interval=1.0, node_load_time=0.0)


async def does(step: Callable[[], object]) -> object:
    """In a thread, as control does."""

    def run() -> object:
        try:
            return step()
        finally:
            connections.close_all()

    return await sync_to_async(run)()


async def spread(pg: asyncpg.Connection) -> dict[str, int]:
    return dict(await pg.fetch(ON_NODES))


async def settled(pg: asyncpg.Connection, peer: Peer, wanted: dict[str, int]) -> bool:
    """Control takes its rounds."""
    await does(Rounds(current()).look)
    return await spread(pg) == wanted and len(peer.live()) == sum(wanted.values())


@pytest.mark.usefixtures("quick")
async def test_a_node_that_joins_relieves_the_other_one_account_at_a_time(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection
) -> None:
    accounts = {await add_session() for _ in range(5)}
    start_node("a", **HOME)
    await until(lambda: len(peer.live()) == 5)
    start_node("b", **HOME)
    await until(lambda: settled(pg, peer, {"a": 3, "b": 2}))
    assert {visit.account for visit in peer.live()} == accounts
    assert peer.overlaps == 0
    moved = await pg.fetch(MOVED)
    assert [(row["source"], row["target_node"], row["reason"]) for row in moved] == [("a", "b", "share")] * 2
    assert len({row["target"] for row in moved}) == 2
    again = await pg.fetchval("SELECT extract(epoch FROM max(moved_at) - min(moved_at)) FROM workers_placement")
    assert again >= 1, "the interval is kept"
    await does(balance)
    assert await pg.fetch(MOVED) == moved


@pytest.mark.usefixtures("quick")
async def test_nothing_crosses_addresses_by_itself_but_at_a_persons_word(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection
) -> None:
    for _ in range(2):
        await add_session()
    start_node("a", **HOME)
    await until(lambda: len(peer.live()) == 2)
    start_node("b", EGRESS_NAME="away")
    await until(lambda: pg.fetchval("SELECT count(*) = 2 FROM workers_node WHERE state = 'up'"))
    await does(balance)
    assert await spread(pg) == {"a": 2}

    text = str(await does(lambda: status_text(worker_status())))
    assert "Accounts: a 2 · b 0" in text
    assert "1 account to move: python manage.py node balance" in text
    move = await does(lambda: move_one(actor="test:somebody"))
    assert isinstance(move, MoveView)
    assert (move.source, move.target, move.why) == ("a", "b", "share")
    await until(lambda: len(peer.live()) == 2)
    assert await spread(pg) == {"a": 1, "b": 1}
    assert peer.overlaps == 0


@pytest.mark.usefixtures("quick")
async def test_a_loaded_node_gives_an_account_away_and_gets_none_back(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection
) -> None:
    await add_session()
    start_node("a", NODE_LOAD_LIMIT="1", **HOME)
    await until(peer.live)
    start_node("b", NODE_LOAD_LIMIT="100", **HOME)
    await until(lambda: pg.fetchval("SELECT loaded_since FROM workers_node WHERE name = 'a'"), limit=60)
    text = ""

    async def announced() -> bool:
        nonlocal text
        text = str(await does(lambda: status_text(worker_status())))
        return "Next move:" in text

    await until(announced)
    assert "s0 from a to b, now (load)" in text
    await until(lambda: settled(pg, peer, {"b": 1}))
    assert peer.overlaps == 0
    assert not (await does(lambda: show_spread(by_itself=False))).moves  # type: ignore[attr-defined]
