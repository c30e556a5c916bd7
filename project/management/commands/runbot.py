"""`manage.py runbot`: the admin bot."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from project.bot.run import run_bot
from project.core.config import Config, current
from project.core.database import connect
from project.core.logs import configure
from project.core.tables import check_tables
from workers.holder import rest_unset


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C; without a token it only says so and waits."""

    help = "Answer operators in their private chats with the admin bot. One per bot; a second one waits."

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer. A database that is out of reach at the start is told; later, it is waited for."""
        configure("bot")
        asyncio.run(_run(current()))


async def _run(config: Config) -> None:
    if config.admin_bot_token is None:
        await rest_unset("ADMIN_BOT_TOKEN", "the admin bot")
        return
    conn = await connect("bot")
    await conn.close()
    await asyncio.to_thread(check_tables)
    await run_bot(config)
