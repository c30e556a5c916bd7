"""One host: its workers start, die, are replaced, drain; nobody is left behind."""

from __future__ import annotations

import os
import signal
import sys

import asyncpg
import psutil
import pytest
import redis

from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer
from workers.node import wire
from workers.node.zygote_link import ZygoteLink


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


async def test_a_restarted_supervisor_takes_its_placements_at_once_and_waits_for_the_leases(
    start_node: StartNode, add_session, peer: Peer, pg
) -> None:
    """The node before counts as silent, and its leases as expired, only after five minutes."""
    slow = {"LEASE_TTL": "300", "LEASE_FENCE": "200"}
    account = await add_session()
    node = start_node("a", **slow)
    await until(peer.live)
    before = (await placement(pg, account))["node_id"]
    node.process.kill()
    node.process.wait()
    start_node("b", **slow)
    start_node("a", **slow)
    await until(lambda: _changed_hands(pg, account, before))
    row = await placement(pg, account)
    assert await pg.fetchval("SELECT name FROM workers_node WHERE id = $1", row["node_id"]) == "a"
    assert await pg.fetchval("SELECT state FROM workers_node WHERE id = $1", before) == "gone"
    assert len(peer.of(account)) == 1


async def _changed_hands(pg: asyncpg.Connection, account: str, before: object) -> bool:
    return bool((await placement(pg, account))["node_id"] not in (None, before))


async def test_a_worker_that_is_stopped_before_its_first_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal comes within microseconds of the fork, while the worker still has its parent's handlers."""
    monkeypatch.setenv("PEER_PORT", "9")  # without it the worker might crash before the signal comes
    heard: list[object] = []
    link = ZygoteLink(heard.append)
    await link.start((sys.executable, "-m", "tests.integration.workers.fake_zygote"))
    try:
        await until(lambda: heard)
        for number in range(5):
            ours, theirs = wire.pipe()
            with theirs:
                assert link.fork(wire.Seat(f"session.{number}", str(number)), theirs)
            assert link.kill(str(number), signal.SIGTERM)
            await until(lambda: any(isinstance(word, wire.Exited) for word in heard), limit=10)
            assert heard[-1] == wire.Exited(str(number), -signal.SIGTERM)
            heard.clear()
            ours.close()
    finally:
        await link.end()


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
