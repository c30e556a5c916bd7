"""The world of the acceptance tests: real processes, one set for each test process, started when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from project.core.dsn import parse_database_url
from tests.acceptance.processes import Processes, running
from tests.acceptance.rig import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test of a process waits for all its processes to start."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def processes(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Sandbox, node, control and bot; they live as long as this test process."""
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("acceptance")) as started:
        yield started


@pytest.fixture
def world(transactional_db: None, processes: Processes) -> Iterator[World]:
    """The running product. While a test has it, this process works on the product's database, too."""
    with _at_home(processes):
        yield World(processes)


@contextmanager
def _at_home(processes: Processes) -> Iterator[None]:
    """`transactional_db` (which makes the test database that ours is a copy of) empties its own afterwards."""
    database: dict[str, Any] = connections.settings["default"]
    before, relay = database["NAME"], settings.RELAY
    connections.close_all()
    database["NAME"] = parse_database_url(processes.config.database_url).name
    settings.RELAY = processes.config
    try:
        yield
    finally:
        connections.close_all()
        database["NAME"], settings.RELAY = before, relay
