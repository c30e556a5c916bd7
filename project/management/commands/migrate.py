"""manage.py migrate: Django's, as the role that owns the tables."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from project.core.config import current
from project.embedded.schema import as_owner


class Command(migrate.Command):
    """Afterwards the roles of the services and of the processes of accounts may use every table."""

    help = "Bring the tables up to date, as DATABASE_OWNER_URL; make the other roles of the database."

    def handle(self, *args: Any, **options: Any) -> None:
        config = current()
        if config.database_owner_url == config.database_url or connection.in_atomic_block:
            super().handle(*args, **options)
            return
        with as_owner(config):
            super().handle(*args, **options)
