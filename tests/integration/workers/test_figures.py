"""What a node says of its host and its workers."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from pathlib import Path

import asyncpg
import pytest

from workers.node import rows
from workers.node.gauge import Gauge, WorkerFigures


@pytest.mark.sentence("S-99", "S-113")
async def test_figures_of_host_and_workers_are_shown_where_they_belong(pg: asyncpg.Connection, tmp_path: Path) -> None:
    me, other = rows.Me(uuid.uuid4(), "a", "", 1), uuid.uuid4()
    await rows.look(pg, me, state="up", ttl=15)
    await pg.execute(
        "INSERT INTO workers_node (id, name, state, pid, started_at, heartbeat_at, egress) "
        "VALUES ($1, 'b', 'up', 1, now(), now(), '')",
        other,
    )
    mine = os.getpid()
    for account, node, pid in (("session.1", me.id, mine), ("session.2", other, mine), ("session.3", me.id, 1)):
        await pg.execute(
            "INSERT INTO workers_placement (account, host, node_id, pid, restarts, last_exit, updated_at) "
            "VALUES ($1, $1, $2, $3, 0, '', now())",
            *(account, node, pid),
        )
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    gauge = Gauge(tmp_path)
    read = await asyncio.to_thread(gauge.workers, {"session.1": mine, "session.9": ended.pid})
    assert [worker.account for worker in read] == ["session.1"], "who has ended is left out"
    assert 0 < read[0].memory < read[0].resident
    elsewhere = [WorkerFigures(account, mine, 1, 1, 1.0) for account in ("session.2", "session.3")]
    await rows.note_figures(pg, me, gauge.host(), [*read, *elsewhere], loaded=False)

    host = await pg.fetchrow("SELECT * FROM workers_node WHERE id = $1", me.id)
    assert host is not None
    assert 0 < host["memory_free"] < host["memory_total"]
    assert 0 < host["disk_free"] < host["disk_total"]
    assert 0 <= host["cpu_percent"] <= 100
    found = dict(await pg.fetch("SELECT account, memory FROM workers_placement"))
    assert found == {"session.1": read[0].memory, "session.2": None, "session.3": None}
    await rows.note_ended(pg, me, "session.1", "SIGKILL", crashed=True)
    assert await pg.fetchval("SELECT memory IS NULL FROM workers_placement WHERE account = 'session.1'")
