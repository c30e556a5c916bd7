"""One host: its workers start, die, are replaced, drain; nobody is left behind."""

from __future__ import annotations

import os
import signal

import asyncpg
import psutil
import redis

from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer


async def placement(pg: asyncpg.Connection, account: str) -> asyncpg.Record:
    row = await pg.fetchrow("SELECT * FROM workers_placement WHERE account = $1", account)
    assert row is not None
    return row


async def test_an_active_session_gets_a_worker(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    account = await add_session()
    node = start_node()
    visit = await until(lambda: peer.live(account))
    worker = node.workers()[0]
    assert visit[0].pid == worker.pid
    assert worker.cmdline()[0].startswith(f"relay {account}")
    row = await until(lambda: placement(pg, account))
    assert await until(lambda: _shows(pg, account, worker.pid))
    assert row["host"] == account


async def _shows(pg: asyncpg.Connection, account: str, pid: int) -> bool:
    return bool((await placement(pg, account))["pid"] == pid)


async def test_a_new_session_is_started_and_a_disabled_one_stopped(
    start_node: StartNode, add_session, peer: Peer, pg
) -> None:
    node = start_node()
    await until(node.family)
    account = await add_session()
    await pg.execute("SELECT pg_notify('relay_wake', 'placements')")
    await until(lambda: peer.live(account))
    await pg.execute("UPDATE tg_sessions_telegramsession SET lifecycle = 'disabled'")
    await pg.execute("SELECT pg_notify('relay_wake', 'placements')")
    await until(lambda: not peer.live(account))
    await until(lambda: not node.workers())
    lease = await until(lambda: pg.fetchrow("SELECT * FROM core_lease WHERE released_at IS NOT NULL"))
    assert lease["name"] == account


async def test_a_killed_worker_is_replaced(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    account = await add_session()
    start_node()
    first = (await until(lambda: peer.live(account)))[0]
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: len(peer.of(account)) == 2, limit=10)
    assert peer.overlaps == 0
    assert peer.of(account)[1].owner != first.owner
    row = await placement(pg, account)
    assert (row["restarts"], row["last_exit"]) == (1, "SIGKILL")


async def test_sigterm_drains_and_frees(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    accounts = [await add_session() for _ in range(3)]
    node = start_node()
    await until(lambda: len(peer.live()) == 3)
    family = node.family()
    node.terminate()
    assert await node.ended() == 0
    assert not peer.live()
    assert not [process for process in family if process.is_running()]
    held = await pg.fetch("SELECT name FROM core_lease WHERE released_at IS NULL")
    assert not held
    rows = await pg.fetch("SELECT account, node_id FROM workers_placement")
    assert {row["account"] for row in rows} == set(accounts)
    assert all(row["node_id"] is None for row in rows)
    assert await pg.fetchval("SELECT state FROM workers_node") == "gone"


async def test_the_zygotes_death_ends_everything(start_node: StartNode, add_session, peer: Peer) -> None:
    await add_session()
    node = start_node()
    await until(peer.live)
    family = node.family()
    node.zygote().kill()
    assert await node.ended() != 0
    psutil.wait_procs(family, timeout=5)
    assert not [process for process in family if process.is_running()]


async def test_the_supervisors_death_ends_everything_and_a_new_one_recovers(
    start_node: StartNode, add_session, peer: Peer
) -> None:
    account = await add_session()
    node = start_node()
    await until(peer.live)
    family = node.family()
    node.process.kill()
    psutil.wait_procs(family, timeout=5)
    assert not [process for process in family if process.is_running()]
    start_node("a")
    await until(lambda: len(peer.of(account)) == 2)
    assert peer.overlaps == 0


async def test_tasks_run_on_the_sessions_loop(start_node: StartNode, add_session, peer: Peer, redis_url) -> None:
    account = await add_session()
    start_node()
    await until(lambda: peer.live(account))
    send("tests.fail_async", account)
    send("tests.where_async", account, "async")
    send("tests.where_sync", account, "sync")
    with redis.Redis.from_url(redis_url) as client:
        pid, thread = (await until(lambda: client.get("async"))).decode().split()
        assert (int(pid), thread) == (peer.live(account)[0].pid, "loop")
        pid, thread = (await until(lambda: client.get("sync"))).decode().split()
        assert (int(pid), thread.startswith("sync-task")) == (peer.live(account)[0].pid, True)
        await until(lambda: client.hlen("unacked") == 0)


def send(name: str, queue: str, *args: object) -> None:
    from project.celery import app

    app.send_task(name, args, queue=queue)
