"""What a person asks of running workers: a restart of one, of one of its groups, a node without accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from project.core.errors import Conflict, NotFound
from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer
from workers.services import nodes, restart
from workers.services.restart import RestartView, Target


async def ask(service: Callable[..., Any], **arguments: Any) -> Any:
    def run() -> Any:
        try:
            return service(**arguments)
        finally:
            connections.close_all()

    return await sync_to_async(run)()


async def again(view: RestartView) -> str:
    """What runs in its place, as soon as it does."""

    async def look() -> str:
        return str(await ask(restart.restarted_as, view=view))

    return str(await until(look))


@pytest.mark.sentence("S-63", "S-112")
async def test_a_worker_and_a_group_restart_when_asked_each_once(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer, pg: asyncpg.Connection
) -> None:
    account, other = await add_session(), await add_session()
    names = {f"session.{row['id']}": row["name"] for row in await pg.fetch("SELECT * FROM tg_sessions_telegramsession")}
    start_node()
    first = (await until(lambda: peer.live(account)))[0]
    bystander = (await until(lambda: peer.live(other)))[0]
    await until(lambda: pg.fetchval("SELECT count(*) = 2 FROM workers_placement WHERE state = 'up'"))

    view = await ask(restart.restart, actor="bot:1", target=Target(names[account]))
    assert view.pid == first.pid
    assert await again(view) != f"pid {first.pid} on a"
    row = await pg.fetchrow("SELECT * FROM workers_placement WHERE account = $1", account)
    assert row is not None
    assert (row["restarts"], row["last_exit"], row["restart_token"]) == (0, "restart asked for", None)
    assert peer.overlaps == 0
    await until(lambda: len(peer.of(account)) == 2)

    group = Target(names[account], 1)
    await pg.execute(
        "INSERT INTO workers_workergroup (session_id, number, state, heartbeat_at, counters) "
        "VALUES ($1, 1, 'planned', now(), '{}') ON CONFLICT DO NOTHING",
        int(account.partition(".")[2]),
    )
    assert await again(await ask(restart.restart, actor="bot:1", target=group)) == "2 pairs, restart 1"
    with pytest.raises(NotFound):
        await ask(restart.restart, actor="bot:1", target=Target(names[account], 9))
    assert len(peer.of(account)) == 2, "a group's restart is not its process's"
    assert peer.live(other) == [bystander]

    actions = await pg.fetch("SELECT action, target FROM core_auditevent ORDER BY id")
    assert [tuple(each) for each in actions] == [("worker.restart", account), ("group.restart", f"{account}/1")]


async def test_what_does_not_run_is_not_restarted(add_session: Callable[[], Any], transactional_db: None) -> None:
    await add_session()
    with pytest.raises(Conflict):
        await ask(restart.restart, actor="bot:1", target=Target("s0"))


async def test_a_drained_node_hands_its_sessions_over_and_takes_none(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer, pg: asyncpg.Connection
) -> None:
    accounts = [await add_session() for _ in range(3)]
    start_node("a")
    await until(lambda: len(peer.live()) == 3)
    alone = await ask(nodes.drain_node, actor="cli:test", name="a")
    assert (alone.accounts, alone.others) == (3, ())
    await until(lambda: pg.fetchval("SELECT state = 'draining' FROM workers_node WHERE name = 'a'"))
    assert len(peer.live()) == 3, "without another node it keeps what it has"

    start_node("b")
    moved = "SELECT count(*) = 3 FROM workers_placement p JOIN workers_node n ON n.id = p.node_id WHERE n.name = 'b'"
    await until(lambda: pg.fetchval(moved))
    await until(lambda: len(peer.live()) == 3 and all(len(peer.of(account)) == 2 for account in accounts))
    assert peer.overlaps == 0
    assert await pg.fetchval("SELECT sum(restarts) FROM workers_placement") == 0

    late = await add_session()
    await pg.execute("SELECT pg_notify('relay_wake', 'placements')")
    await until(lambda: peer.live(late))
    taker = await pg.fetchval(
        "SELECT n.name FROM workers_placement p JOIN workers_node n ON n.id = p.node_id WHERE account = $1", late
    )
    assert taker == "b"
    shown = {node.name: (node.state, node.accounts) for node in await ask(nodes.list_nodes)}
    assert shown == {"a": ("draining", 0), "b": ("up", 4)}

    await ask(nodes.resume_node, actor="cli:test", name="a")
    await until(lambda: pg.fetchval("SELECT state = 'up' FROM workers_node WHERE name = 'a'"))
    with pytest.raises(NotFound, match="No node c"):
        await ask(nodes.drain_node, actor="cli:test", name="c")
    assert len(peer.live()) == 4
