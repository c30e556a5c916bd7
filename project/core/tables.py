"""Whether the database has the tables that this program knows."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from project.core.errors import Conflict


def tables_behind() -> bool:
    """Whether migrations wait to be applied. Raises OperationalError."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def check_tables() -> None:
    """For a program that begins: a new version may be started before its migrations have run, as by a daemon after a
    restart of the host. Raises Conflict, and OperationalError when the database cannot be asked."""
    try:
        if tables_behind():
            raise Conflict("The tables in the database are not up to date.", hint="Run `python manage.py migrate`.")
    finally:
        connection.close()
