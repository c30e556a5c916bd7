"""PostgreSQL or Redis fail under a real node."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import asyncpg
import redis

from project.celery import app
from tests.integration.failures.rig import database_door
from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer


async def test_without_a_database_a_worker_ends_itself_and_returns_with_it(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer
) -> None:
    """It cannot know whether somebody else has its lease by now: the kernel's timer ends it."""
    account = await add_session()
    async with database_door() as door:
        start_node(DATABASE_URL=door.dsn)
        first = (await until(lambda: peer.live(account)))[0]
        await door.shut()
        await until(lambda: not first.open)
        await door.open()
        second = (await until(lambda: peer.live(account), limit=40))[0]
        assert second.pid != first.pid
        assert peer.overlaps == 0


async def test_a_flushed_redis_costs_nothing_but_commands_under_way(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer, redis_url: str
) -> None:
    account = await add_session()
    start_node()
    visit = (await until(lambda: peer.live(account)))[0]
    with redis.Redis.from_url(redis_url) as client:
        app.send_task("tests.where_async", ("before",), queue=account)
        await until(lambda: client.get("before"))
        client.flushdb()
        await until(lambda: _answers(client, account), limit=40)
    assert visit.open
    assert peer.visits == [visit]


def _answers(client: redis.Redis, account: str) -> bool:
    if client.llen(account) == 0:
        app.send_task("tests.where_async", ("after",), queue=account)
    return bool(client.get("after"))


async def test_a_flapping_session_disturbs_no_other(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer, pg: asyncpg.Connection
) -> None:
    """Its worker dies again and again; the others keep their process, their connection and their work."""
    flapping, *others = [await add_session() for _ in range(4)]
    start_node()
    await until(lambda: len(peer.live()) == 4)
    steady = [peer.live(account)[0] for account in others]
    for _ in range(2):
        visit = (await until(lambda: peer.live(flapping), limit=40))[0]
        ticks = [other.ticks for other in steady]
        os.kill(visit.pid, signal.SIGKILL)
        await until(lambda: not visit.open)  # noqa: B023
        await until(lambda: all(now.ticks > before + 5 for now, before in zip(steady, ticks, strict=True)))  # noqa: B023
    assert [peer.of(account) for account in others] == [[visit] for visit in steady]
    query = "SELECT count(*) FROM workers_placement WHERE restarts = 0"
    assert await pg.fetchval(query) == 3
