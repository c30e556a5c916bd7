"""What a node tells people in control's place: that control does not run. Nobody can tell of their own death."""

from __future__ import annotations

import asyncio

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from project.core.config import Config
from project.core.logs import get_logger
from workers.services.alarms import alert
from workers.services.standstill import alone, tell_of_control

EVERY = 10.0  # seconds

log = get_logger(__name__)


async def keep_watch(config: Config) -> None:
    """Look for control's signs of life, for ever."""
    while True:
        await asyncio.sleep(EVERY)
        await asyncio.to_thread(_look, config)


def _look(config: Config) -> None:
    """One look. The second channel is control's to feed, too; while it is silent one node does that."""
    try:
        if tell_of_control() and config.alert_webhook_url is not None:
            with alone() as mine:
                if mine:
                    alert(config.alert_webhook_url)
    except DatabaseError as error:
        log.warning("nobody looks after control for now", reason=str(error).strip())
    finally:
        connection.close()  # a node keeps no connection for this
        close_old_connections()
