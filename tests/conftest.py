"""What every test may use: a real PostgreSQL and Redis for the run, started when first needed."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import asyncpg
import pytest
import redis
from django.conf import settings

from project.core.config import current
from project.embedded.servers import Servers, ensure_servers

Connect = Callable[[], Awaitable[asyncpg.Connection]]
_run = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """With xdist the servers belong to the process that outlives all others."""
    if config.getoption("numprocesses", None):
        config.stash[_run] = _own_servers().__enter__()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's servers and remove their data."""
    if servers := config.stash.get(_run, None):
        servers.stop()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(settings.TEST_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> None:
    """PostgreSQL and Redis are running; `settings.RELAY` names this process's own database in each."""
    if _run not in request.config.stash:
        request.config.stash[_run] = _own_servers().__enter__()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Django's test database needs the server."""


@pytest.fixture
async def connect_pg(transactional_db: None) -> AsyncIterator[Connect]:
    """Opens asyncpg connections to the test database; all are closed and every table emptied afterwards."""
    async with AsyncExitStack() as stack:

        async def connect() -> asyncpg.Connection:
            conn = await asyncpg.connect(current().database_url)
            stack.push_async_callback(conn.close, timeout=5)
            return conn

        yield connect


@pytest.fixture
async def pg(connect_pg: Connect) -> asyncpg.Connection:
    """One asyncpg connection to the test database."""
    return await connect_pg()


@pytest.fixture
def redis_url(servers: None) -> Iterator[str]:
    """This process's own Redis database, empty."""
    url = current().redis_url
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


def _own_servers() -> Servers:
    config = dataclasses.replace(current(), embedded_database=True, embedded_redis=True)
    return ensure_servers(config, durable=False)
