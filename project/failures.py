"""What a person sees when a program cannot go on: one sentence and an exit code, no traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import kombu.exceptions
import psycopg
import redis.exceptions
from django.db.utils import OperationalError

from project.core.config import current
from project.core.errors import RelayError, SettingError

EXIT_CODE = 2


@contextmanager
def told_plainly(exit_code: int = EXIT_CODE) -> Iterator[None]:
    """Tell foreseen errors on stderr and leave with `exit_code`; anything else goes on as it is."""
    try:
        yield
    except RelayError as error:
        _leave(error, exit_code)
    except OperationalError as error:
        if not _never_connected(error):
            raise
        _leave(database_unreachable(error), exit_code)
    except (
        redis.exceptions.ConnectionError,
        redis.exceptions.TimeoutError,
        kombu.exceptions.OperationalError,
    ) as error:
        _leave(redis_unreachable(error), exit_code)


def database_unreachable(error: Exception) -> SettingError:
    """The sentence for a PostgreSQL that does not answer or lets nobody in."""
    return _unreachable("DATABASE_URL", "PostgreSQL", error, embedded=current().embedded_database)


def redis_unreachable(error: Exception) -> SettingError:
    """The sentence for a Redis that does not answer or lets nobody in."""
    return _unreachable("REDIS_URL", "Redis", error, embedded=current().embedded_redis)


def _unreachable(setting: str, server: str, error: Exception, *, embedded: bool) -> SettingError:
    """Clients name the address in their text, never the password; libpq indents its advice by a tab."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    reason = lines[-1].rstrip(".") if lines else type(error).__name__
    hint = (
        "`python manage.py up` starts it." if embedded else "Check the address, the password and that the server runs."
    )
    return SettingError(setting, f"{server} cannot be reached: {reason}.", hint=hint)


def _leave(error: RelayError, exit_code: int) -> None:
    sys.stderr.write(f"{error.for_people()}\n")
    raise SystemExit(exit_code)


def _never_connected(error: OperationalError) -> bool:
    """Errors of a running session carry PostgreSQL's error code; failed connects do not."""
    cause = error.__cause__
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
