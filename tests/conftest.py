"""What every test may use: a real PostgreSQL and Redis for the run, started when first needed."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from pytest_django.plugin import DjangoDbBlocker
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from project.core.config import current
from project.embedded.servers import Servers, ensure_servers

Connect = Callable[[], Awaitable[asyncpg.Connection]]
# DELETE, not TRUNCATE: on small tables it is much faster. The replica role switches the append-only trigger off.
_EMPTY_TABLES = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL lock_timeout = '10s';
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'auth_permission'
        AND tablename NOT IN ('django_migrations', 'django_content_type') AND tablename NOT LIKE 'django_celery_beat_%'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""
TESTS = Path(__file__).parent
LONGEST_FIRST = (
    *("acceptance/", "e2e/", "chaos/", "integration/outside/test_rolling.py", "bench/"),
    *("integration/workers/", "integration/doors/", "integration/", ""),
)
_run = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """With xdist the servers belong to the process that outlives all others.

    Programs that tests start read the run's settings from the environment, like any other program.
    """
    if config.getoption("numprocesses", None):
        config.stash[_run] = _own_servers().__enter__()
    else:
        os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: next(place for place, first in enumerate(LONGEST_FIRST) if _within(item, first)))


class Together(LoadScopeScheduling):
    """A file's tests stay in one process, and so do all that share the running product."""

    def _split_scope(self, nodeid: str) -> str:
        shared = "tests/acceptance/"
        return shared if nodeid.startswith(shared) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """xdist's own groups by marker (3.8.0) do nothing with pytest 9.2, whose items keep their ids elsewhere."""
    return Together(config, log)


def _within(item: pytest.Item, folder: str) -> bool:
    return item.path.relative_to(TESTS).as_posix().startswith(folder)


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
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database for tests that commit, by the ORM or beside it; all tables are emptied afterwards.

    Takes the place of pytest-django's fixture, whose flush runs every post_migrate receiver and is many times slower.
    What those made (permissions, schedule rows) stays here.
    """
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            cursor.execute(_EMPTY_TABLES)
        connections.close_all()


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
