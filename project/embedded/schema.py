"""Bringing the database's tables up to date, by one program at a time and as their owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.core.management import call_command
from django.db import connections

from project.core.config import Config
from project.core.dsn import parse_database_url
from project.core.errors import SettingError
from project.core.roles import grant_roles

_LOCK = 7_229_401_553  # any number that nobody else uses for an advisory lock in this database
_CONNECT_SECONDS = 10


def migrate(config: Config) -> None:
    """Apply all migrations; others that migrate meanwhile wait. Raises SettingError when unreachable."""
    with locked(config):
        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def locked(config: Config) -> Iterator[None]:
    """Alone among the programs that migrate. Raises SettingError when the server is unreachable."""
    with _connect(config) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield


@contextmanager
def as_owner(config: Config) -> Iterator[None]:
    """Django's connection is the owner's in here. Afterwards the other roles may use what was made."""
    address = parse_database_url(config.database_owner_url)
    database = connections["default"]
    before = dict(database.settings_dict)
    owner = {"USER": address.user, "PASSWORD": address.password, "HOST": address.host, "PORT": address.port}
    database.close()
    database.settings_dict.update(owner)
    try:
        yield
    finally:
        database.close()
        database.settings_dict.update(before)
    with _connect(config) as conn:
        grant_roles(conn, config)


def _connect(config: Config) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(config.database_owner_url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise SettingError(
            "DATABASE_URL" if config.database_owner_url == config.database_url else "DATABASE_OWNER_URL",
            f"PostgreSQL cannot be reached ({_reason(error)}).",
            hint="Check the address, the password and that the server runs.",
        ) from error


def _reason(error: psycopg.OperationalError) -> str:
    """libpq's last line that is no advice (advice is indented); it names the server, never the password."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("\t")]
    return lines[-1].strip(" -")
