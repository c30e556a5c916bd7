"""`manage.py rundiscord`: listens to people on Discord, for all pairs."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from project.core.config import Config, current
from project.core.database import connect
from project.core.tables import check_tables
from workers.holder import rest_unset
from workers.listener import listen


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C; without a token it only says so and waits."""

    help = "Listen to people in the paired Discord channels. One per bot token; a second one waits."

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen. A database that is out of reach at the start is told; later, it is waited for."""
        asyncio.run(_listen(current()))


async def _listen(config: Config) -> None:
    if config.discord_bot_token is None:
        await rest_unset("DISCORD_BOT_TOKEN", "people on Discord heard")
        return
    conn = await connect("discord")
    await conn.close()
    await asyncio.to_thread(check_tables)
    await listen(config)
