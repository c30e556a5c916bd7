"""A node with a fake Telegram, real PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from tests.integration.workers.fakes import Peer

ROOT = Path(__file__).resolve().parents[3]
FAKE_NODE = "-m tests.integration.workers.fake_node"
FAST = {
    "LEASE_TTL": "4",
    "LEASE_RENEW": "0.5",
    "LEASE_FENCE": "3",
    "HANDOVER_WAIT": "1",
    "BOOT_LIMIT": "20",
    "LOG_LEVEL": "INFO",
}


async def until(condition: Callable[[], Any], limit: float = 30.0) -> Any:
    """Wait for something true; fail after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)


@dataclass
class Node:
    """A running supervisor, as a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def family(self) -> list[psutil.Process]:
        """The zygote and every worker."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def zygote(self) -> psutil.Process:
        return psutil.Process(self.process.pid).children()[0]

    def workers(self) -> list[psutil.Process]:
        return self.zygote().children()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, limit: float = 20.0) -> int:
        code: int | None = None

        def over() -> bool:
            nonlocal code
            code = self.process.poll()
            return code is not None

        await until(over, limit)
        assert code is not None
        return code


StartNode = Callable[..., Node]


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    peer.port = await peer.start()  # type: ignore[attr-defined]
    yield peer
    await peer.stop()


@pytest.fixture
def start_node(
    transactional_db: None, redis_url: str, peer: Peer, tmp_path: Path, pg: asyncpg.Connection
) -> Iterator[StartNode]:
    nodes: list[Node] = []

    def start(name: str = "a", command: str = FAKE_NODE, **settings: str) -> Node:
        environ = os.environ | FAST | {"NODE_NAME": name, "PEER_PORT": str(peer.port)} | settings  # type: ignore[attr-defined]
        environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
        log = tmp_path / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *command.split()],
                cwd=ROOT,
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        node = Node(process, log)
        nodes.append(node)
        return node

    yield start
    families = [process for node in nodes if node.process.poll() is None for process in node.family()]
    for node in nodes:
        node.process.kill()
        node.process.wait()
        sys.stdout.write(node.log.read_text())
    _, alive = psutil.wait_procs(families, timeout=5)
    assert not alive, f"left behind: {alive}"


@pytest.fixture
def add_session(pg: asyncpg.Connection) -> Callable[[], Any]:
    """Insert an active session; returns its account name."""

    async def add() -> str:
        number = await pg.fetchval(
            """
            INSERT INTO tg_sessions_telegramsession (name, phone_sealed, phone_hint, priority, max_pairs, lifecycle,
              health, health_reason, device, metadata, created_at, updated_at)
            VALUES ('s' || (SELECT count(*) FROM tg_sessions_telegramsession), '', '', 1, 30, 'active',
              'unknown', '', $1, '{}', now(), now()) RETURNING id
            """,
            json.dumps({"device_model": "Desktop", "system_version": "1", "app_version": "1"}),
        )
        return f"session.{number}"

    return add
