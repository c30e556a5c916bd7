"""Wake-ups: one LISTEN per node on the channel `relay_wake`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from project.core.database import connect
from project.core.errors import SettingError
from project.core.logs import get_logger

CHANNEL = "relay_wake"
PLACEMENTS = "placements"
CHECK_EVERY = 5.0
AGAIN_AFTER = 1.0

log = get_logger(__name__)


async def listen(on_wake: Callable[[str], None], on_gap: Callable[[], None]) -> None:
    """Call `on_wake` with the payload of each wake-up, for ever. `on_gap` after every (re)connect: wake-ups of
    the time before are lost."""
    while True:
        try:
            await _listen_once(on_wake, on_gap)
        except (SettingError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("no wake-ups for now", reason=str(error))
        await asyncio.sleep(AGAIN_AFTER)


async def _listen_once(on_wake: Callable[[str], None], on_gap: Callable[[], None]) -> None:
    conn = await connect("node wake-ups", statement_limit=3.0, direct=True)

    def heard(_conn: Any, _pid: int, _channel: str, payload: object) -> None:
        on_wake(str(payload))

    try:
        await conn.add_listener(CHANNEL, heard)
        on_gap()
        while True:
            await asyncio.sleep(CHECK_EVERY)
            await conn.execute("SELECT 1")
    finally:
        conn.terminate()
