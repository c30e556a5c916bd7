"""Var directories with embedded servers of their own, and programs that hold them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from project.core.config import Config
from project.embedded.layout import database_url, layout, redis_url
from project.embedded.remains import processes_in
from project.env import load

DEADLINE = 40.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE} s: {what}"
        time.sleep(0.02)


def config_of(var: Path) -> Config:
    return load({"VAR_DIR": str(var), "ENV_FILE": "/dev/null"})


def query(var: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url(var), connect_timeout=5) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def redis_of(var: Path) -> Redis:
    return Redis.from_url(redis_url(var), decode_responses=True)


def serving(var: Path) -> list[int]:
    """Every process that works for the servers of `var`."""
    place = layout(var)
    return processes_in(place.postgres_data) + processes_in(place.redis_data)


class Holder:
    """Another program that holds the servers of a var directory."""

    def __init__(self, var: Path) -> None:
        command = [sys.executable, "-m", "tests.integration.embedded.holder", str(var)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def started(self) -> list[str]:
        """Wait until it is up; the servers that it started itself."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the program ended before its servers were up"
        return [name for name in line.strip().split(",") if name]

    def leave(self) -> None:
        self.process.communicate(timeout=DEADLINE)
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def created_var() -> Iterator[Path]:
    """A var directory whose database exists already, with nothing running: the pattern that tests copy."""
    from project.embedded.servers import ensure_servers

    with tempfile.TemporaryDirectory(prefix="var") as name:
        with ensure_servers(config_of(Path(name)), durable=False):
            pass
        yield Path(name)


@pytest.fixture
def var(tmp_path: Path, created_var: Path) -> Iterator[Path]:
    """A var directory of the test's own, its database created, nothing running; nothing may run after it."""
    path = tmp_path / "var"
    shutil.copytree(created_var, path)
    yield path
    wait_until(lambda: not serving(path), "every server of the test has ended")
    shutil.rmtree(layout(path).sockets, ignore_errors=True)


@pytest.fixture
def hold() -> Iterator[Callable[[Path], Holder]]:
    holders: list[Holder] = []

    def start(var: Path) -> Holder:
        holders.append(Holder(var))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None:
            holder.process.kill()
        holder.process.communicate()
