"""Bringing the database's tables up to date, by one program at a time."""

from __future__ import annotations

import psycopg
from django.core.management import call_command

from project.core.config import Config
from project.core.errors import SettingError

_LOCK = 7_229_401_553  # any number that nobody else uses for an advisory lock in this database
_CONNECT_SECONDS = 10


def migrate(config: Config) -> None:
    """Apply all migrations; others that migrate meanwhile wait. Raises SettingError when unreachable."""
    try:
        lock = psycopg.connect(config.database_direct_url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise SettingError(
            "DATABASE_URL",
            f"PostgreSQL cannot be reached ({_reason(error)}).",
            hint="Check the address, the password and that the server runs.",
        ) from error
    with lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        call_command("migrate", interactive=False, verbosity=0)


def _reason(error: psycopg.OperationalError) -> str:
    """libpq's last line that is no advice (advice is indented); it names the server, never the password."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("\t")]
    return lines[-1].strip(" -")
