"""Addresses of the servers."""

from __future__ import annotations

import pytest

from project.core.dsn import DatabaseAddress, celery_broker_url, parse_database_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://u:p%40ss@db:5433/relay", DatabaseAddress("relay", "u", "p@ss", "db", "5433")),
        ("postgres://db/relay?sslmode=require", DatabaseAddress("relay", "", "", "db", "", (("sslmode", "require"),))),
        ("postgresql://u@/relay?host=/run/pg%20dir", DatabaseAddress("relay", "u", "", "/run/pg dir", "")),
    ],
)
def test_a_database_url_is_taken_apart(url: str, address: DatabaseAddress) -> None:
    assert parse_database_url(url) == address


@pytest.mark.parametrize(
    ("url", "celery"),
    [
        ("redis://:pw@host:6379/3", "redis://:pw@host:6379/3"),
        ("unix:///run/redis.sock?db=2", "redis+socket:///run/redis.sock?virtual_host=2"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix://:pw@/run/redis.sock", "redis+socket://:pw@/run/redis.sock?virtual_host=0"),
    ],
)
def test_celery_spells_a_unix_socket_its_own_way(url: str, celery: str) -> None:
    assert celery_broker_url(url) == celery
