"""When a new session of the gateway may be used: once its guilds are known, with their names, or do not come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from project.core.logs import get_logger
from project.discord.fields import Fields

log = get_logger(__name__)

GUILDS_SECONDS = 0.5  # how long the next guild of a new session may take
AGAIN_SECONDS = 60.0  # after a new session: a post whose answer was late may have been deleted before it was known


class Opening:
    """`again` is called a while after each opening."""

    def __init__(self, again: Callable[[], None]) -> None:
        self._again = again
        self._open = asyncio.Event()
        self._guilds: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether a session stands."""
        return self._open.is_set()

    async def wait(self) -> None:
        """Return once one does."""
        await self._open.wait()

    def close(self) -> None:
        """The session ended; whatever was planned spoke of it."""
        self._open.clear()
        if self._timer is not None:
            self._timer.cancel()

    def began(self, ready: Fields) -> None:
        """READY came."""
        self._guilds = {number for item in ready.items("guilds") if (number := item.snowflake("id")) is not None}
        self._open_soon()

    def guild(self, guild: Fields) -> None:
        """GUILD_CREATE came: for one of READY's, or for one that the bot was added to later."""
        self._guilds.discard(guild.snowflake("id") or 0)
        if not self.is_open:
            self._open_soon()

    def _open_soon(self) -> None:
        self._plan(GUILDS_SECONDS if self._guilds else 0.0, self._now)

    def _now(self) -> None:
        self._open.set()
        log.info("listening to Discord")
        self._plan(AGAIN_SECONDS, self._again)

    def _plan(self, seconds: float, act: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, act)
