"""The zygote loads little and opens nothing; what a worker needs for itself alone is small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import mean

from tests.integration.workers.conftest import ROOT, StartNode, until

MIB = 2**20
LOOK = """
import json, os, sys, threading
from workers.node.preload import preload
before = set(os.listdir("/proc/self/fd"))
preload()
sockets = [f for f in set(os.listdir("/proc/self/fd")) - before if "socket" in os.path.realpath(f"/proc/self/fd/{f}")]
print(json.dumps({"modules": sorted(sys.modules), "threads": threading.active_count(), "sockets": sockets}))
"""


def test_the_zygote_loads_no_bot_framework_and_opens_nothing() -> None:
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings"}
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=environ, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert not {"aiogram", "discord", "project.sandbox"} & set(found["modules"])
    assert {"asyncpg", "telethon", "uvloop", "workers.worker.work"} <= set(found["modules"])
    assert (found["threads"], found["sockets"]) == (1, [])


async def test_an_idle_worker_is_small(start_node: StartNode, add_session: Callable, pg) -> None:
    """The real program, with sessions that wait for their first login. The limit is the specification's."""
    accounts = [await add_session() for _ in range(3)]
    node = start_node(command="manage.py runnode")
    await until(lambda: len(node.family()) == 1 + len(accounts))
    ready = "SELECT count(*) FROM core_lease WHERE expires_at > clock_timestamp()"
    await until(lambda: _counts(pg, ready, len(accounts)))
    await until(lambda: all(process.num_threads() >= 2 for process in node.workers()))
    private = mean(process.memory_full_info().uss for process in node.workers())
    assert private / MIB <= 25
    node.terminate()
    assert await node.ended() == 0


async def _counts(pg, query: str, wanted: int) -> bool:
    return bool(await pg.fetchval(query) == wanted)
