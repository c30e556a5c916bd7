"""Wake-ups and news: one connection per node that listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg

from pairs.news import CHANNEL as NEWS
from project.core.database import connect
from project.core.errors import SettingError
from project.core.logs import get_logger

CHANNEL = "relay_wake"
PLACEMENTS = "placements"
CHECK_EVERY = 5.0
AGAIN_AFTER = 1.0

log = get_logger(__name__)


Hear = Callable[[str], None]


async def listen(on_wake: Hear, on_news: Hear, on_gap: Callable[[], None]) -> None:
    """Call `on_wake` with the payload of each wake-up, and `on_news` of each piece of news (pairs/news.py), for ever.
    `on_gap` after every (re)connect: those of the time before are lost."""
    while True:
        try:
            await _listen_once({CHANNEL: on_wake, NEWS: on_news}, on_gap)
        except (SettingError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("no wake-ups for now", reason=str(error))
        await asyncio.sleep(AGAIN_AFTER)


async def _listen_once(hears: Mapping[str, Hear], on_gap: Callable[[], None]) -> None:
    conn = await connect("node wake-ups", statement_limit=3.0, direct=True)

    def heard(_conn: Any, _pid: int, channel: str, payload: object) -> None:
        hears[channel](str(payload))

    try:
        for channel in hears:
            await conn.add_listener(channel, heard)
        on_gap()
        while True:
            await asyncio.sleep(CHECK_EVERY)
            await conn.execute("SELECT 1")
    finally:
        conn.terminate()
