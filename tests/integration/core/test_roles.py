"""The roles of the database: tables of an older version are theirs to use, not to change, and limits bind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from project.core.config import Config, current
from project.core.errors import SettingError
from project.core.roles import grant_roles

SERVICES, ACCOUNTS, OTHER = "roles_test_app", "roles_test_accounts", "roles_test_owner"
DATABASE = f"roles_{settings.DATABASES['default']['TEST']['NAME']}"


def _as(role: str, url: str) -> str:
    return url.replace("//relay@", f"//{role}@")


@pytest.fixture
def config(servers: None) -> Iterator[Config]:
    """A database with the tables of an older version, which knew one role; three connections for accounts."""
    server = current().database_url.rpartition("/relay_test")[0] + "/{}?" + current().database_url.partition("?")[2]
    url = server.format(DATABASE)
    with psycopg.connect(server.format("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        most, reserved = admin.execute(
            "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"
        ).fetchone() or (0, 0)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (id serial, number int)")
    yield replace(
        current(),
        database_owner_url=url,
        database_url=_as(SERVICES, url),
        database_accounts_url=_as(ACCOUNTS, url),
        service_connections=most - reserved - 3,
    )
    with psycopg.connect(server.format("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
        for role in (SERVICES, ACCOUNTS, OTHER):
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def grant(config: Config) -> None:
    with psycopg.connect(config.database_owner_url, autocommit=True) as owner:
        grant_roles(owner, config)


def test_tables_before_and_after_the_upgrade_are_used_and_not_changed(config: Config) -> None:
    grant(config)
    with psycopg.connect(config.database_owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE later (id serial, number int)")
    grant(config)  # each migration does
    for url in (config.database_url, config.database_accounts_url):
        with psycopg.connect(url, autocommit=True) as conn:
            for table in ("kept", "later"):
                conn.execute(f"INSERT INTO {table} (number) VALUES (7)")
                conn.execute(f"UPDATE {table} SET number = 8")
                assert conn.execute(f"DELETE FROM {table} RETURNING number").fetchone() == (8,)
            for refused in (
                "DROP TABLE kept",
                "TRUNCATE kept",
                "CREATE TABLE mine ()",
                "CREATE ROLE another",
                "ALTER TABLE kept DISABLE TRIGGER ALL",
                "SET session_replication_role = replica",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(refused)


def test_account_processes_never_take_the_services_connections(config: Config) -> None:
    grant(config)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(psycopg.connect(config.database_accounts_url))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(config.database_accounts_url)
        with psycopg.connect(config.database_url) as service:
            assert service.execute("SELECT 1").fetchone() == (1,)


def test_an_owner_who_may_not_make_roles_is_told_how(config: Config) -> None:
    with psycopg.connect(config.database_owner_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {OTHER} LOGIN")
    limited = replace(config, database_owner_url=_as(OTHER, config.database_owner_url))
    with pytest.raises(SettingError, match=f"DATABASE_URL: the role {SERVICES} does not exist") as refused:
        grant(limited)
    assert f"CREATE ROLE {SERVICES} LOGIN" in refused.value.for_people()
