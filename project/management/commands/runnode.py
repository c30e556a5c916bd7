"""`manage.py runnode`: this host's supervisor of account workers."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from project.core.config import current
from project.core.installation import random_id_key
from project.core.logs import configure
from project.core.tables import check_tables
from workers.node.supervisor import NodeFailed, Supervisor


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C, then drains its workers within 10 seconds."""

    help = "Run the workers of the accounts that this host claims. One per host."

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise."""
        configure("node")
        check_tables()
        random_id_key()  # made by the first node, before its first worker asks
        try:
            asyncio.run(_supervise())
        except NodeFailed as error:
            raise CommandError(error.for_people()) from error


async def _supervise() -> None:
    await Supervisor(current()).run()
