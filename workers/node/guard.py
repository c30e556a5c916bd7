"""Keeps a host from using accounts in a database that it is not bound to: asked before anything is claimed."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from project.core.binding import sql
from project.core.binding.judge import Seen, Standing, Verdict, judge
from project.core.binding.mark import Mark, read_mark, write_mark
from project.core.config import Config
from project.core.errors import SettingError
from project.core.logs import get_logger

if TYPE_CHECKING:
    from project.core.pg import Connection

MARK_EVERY = 60.0  # seconds between two notes of how far the database's log is
_NODES_UP = "SELECT id, heartbeat_at FROM workers_node WHERE state = 'up' AND id <> $1"

log = get_logger(__name__)


class Guard:
    """One per process. What it once found in order it goes on knowing, whatever happens to the id file."""

    def __init__(self, config: Config, *, node: uuid.UUID) -> None:
        self._var_dir = config.var_dir
        self._handover = timedelta(seconds=max(config.handover_wait, config.lease_ttl))
        self._node = node
        self._known: Mark | None = None
        self._written = Mark(uuid.UUID(int=0), 0, 0, 0)
        self._written_at = 0.0
        self._heard: dict[uuid.UUID, datetime] = {}
        self._said = ""

    async def allows(self, conn: Connection) -> bool:
        """Whether this host may use accounts now. Says so in the log whenever that changes."""
        try:
            why = await self._look(conn)
        except SettingError as error:
            why = f"Every account is held: {error.for_people()}"
        if why and why != self._said:
            log.error(why)
        elif self._said and not why:
            log.info("no account is held any more")
        self._said = why
        return not why

    async def _look(self, conn: Connection) -> str:
        row = await conn.fetchrow(sql.LOOK)
        if row is None:
            return ""  # a new database; the node that makes the row binds it
        seen = Seen(**dict(row))
        if self._known is not None and self._known.uid != seen.uid:
            self._known = None  # adopted meanwhile, or another database
        mark = self._known or await asyncio.to_thread(read_mark, self._var_dir)
        verdict = judge(seen, mark)
        if verdict.standing is Standing.UNBOUND:
            return await self._bind(conn, seen)
        if verdict.standing is Standing.SET_BACK:
            await conn.execute(sql.HOLD, verdict.why)
        if verdict.held and not (verdict.standing is Standing.STRANGER and await self._is_vouched_for(conn)):
            return self._told(verdict)
        await self._note(seen, mark)
        await self._follow_switch(conn, seen)
        return ""

    async def _bind(self, conn: Connection, seen: Seen) -> str:
        """The first start. The file comes first: a bound database without one would be held."""
        async with conn.transaction():
            uid = await conn.fetchval(sql.BIND, seen.stamp, seen.timeline)
            if uid is not None:
                await self._note(seen, None)
        if uid is None:  # another node did it just now
            return await self._look(conn)
        log.info("bound to this database", installation=str(uid))
        return ""

    async def _is_vouched_for(self, conn: Connection) -> bool:
        """Whether a node that has its proof is at work in this very database: then it is no copy, and this is one
        more host of the same installation. Only a heartbeat that moves counts: a copy has old ones, too."""
        before, rows = self._heard, await conn.fetch(_NODES_UP, self._node)
        self._heard = {row["id"]: row["heartbeat_at"] for row in rows}
        return any(beat > before[node] for node, beat in self._heard.items() if node in before)

    async def _note(self, seen: Seen, found: Mark | None) -> None:
        """Remember where the log is, and write it to the id file when that is due. Raises SettingError the first time
        only: a full disk stops nothing."""
        now = time.monotonic()
        if self._known is None:
            earlier = found.earlier if found is not None and found.uid == seen.uid else seen.log
            mark = Mark(seen.uid, seen.timeline, seen.log, min(earlier, seen.log))
            await asyncio.to_thread(write_mark, self._var_dir, mark)
            self._known, self._written, self._written_at = mark, mark, now
            return
        due = now - self._written_at >= MARK_EVERY
        earlier = self._written.log if due else self._known.earlier
        self._known = Mark(seen.uid, seen.timeline, seen.log, min(earlier, seen.log))
        if due:
            self._written, self._written_at = self._known, now
            try:
                await asyncio.to_thread(write_mark, self._var_dir, self._known)
            except SettingError as error:
                log.warning("id file not written", reason=str(error))

    async def _follow_switch(self, conn: Connection, seen: Seen) -> None:
        """After a fail-over every acquire waits; when all owners from before must be gone, that ends."""
        if seen.switched:
            await conn.execute(sql.NOTE_SWITCH, seen.timeline)
            ended = await conn.execute(sql.END_SWITCH, seen.timeline, self._handover)
            if ended != "UPDATE 0":
                log.info("bound again after a fail-over or an adoption", timeline=seen.timeline)

    def _told(self, verdict: Verdict) -> str:
        if verdict.standing is Standing.STRANGER:
            return f"{verdict.sentence()} One more host of a running installation joins by itself in some seconds."
        return verdict.sentence()
