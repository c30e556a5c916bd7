"""A node's rounds over the rows: what happened here, who has to run where, what this node takes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairs.handover.unserved import Unowned
from project.core.config import Config
from project.core.link import DatabaseDown, Link
from project.core.logs import get_logger
from workers.domain import restarts
from workers.domain.claims import fair_share
from workers.domain.room import MIB, room_in_memory
from workers.models import NodeState
from workers.node import rows
from workers.node.fleet import Changed, Ended, Event, Started
from workers.node.gauge import HostFigures, WorkerFigures, available_memory
from workers.node.guard import Guard
from workers.node.reconcile import reconcile
from workers.room import budget_of
from workers.services.pulses import NODE, give_pulse_on

if TYPE_CHECKING:
    from project.core.pg import Connection

EVERY = 2.0  # seconds between two looks at the rows
PLAN_EVERY = 5.0
SOONEST = 0.05
LEFT_AT_ONCE = 4  # accounts that a drained node gives back in one round: as many as another one boots at once
WITH_ANOTHER = 2

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What a round found: accounts that need a process here, accounts within other accounts' processes here (None:
    nothing new), accounts whose process somebody wants restarted, and the seconds until the next round."""

    wanted: frozenset[str] | None = None
    riders: dict[str, str] | None = None
    restart: frozenset[str] = frozenset()
    pause: float = EVERY


class Rounds:
    """One per supervisor. Its connection is lent to one round at a time."""

    def __init__(self, config: Config, me: rows.Me) -> None:
        self._config = config
        self._me = me
        self._link = Link("node", direct=True)
        self._guard = Guard(config, node=me.id)
        self._budget = budget_of(config)
        self._unowned = Unowned(ttl=config.lease_ttl)
        self._events: list[Event] = []
        self._free = False
        self._drained = False
        self._newborn = True
        self._plan_at = 0.0

    def note(self, event: Event) -> None:
        """To be written in the next round."""
        self._events.append(event)

    def plan_now(self) -> None:
        """The next round looks at everything, not only at what concerns this node."""
        self._plan_at = 0.0

    async def look(self, *, draining: bool) -> Found:
        """One round. A node that falls silent is noticed at that moment. Raises DatabaseDown, and asyncpg's errors
        about single rows."""
        async with self._link.use() as conn:
            await self._write_events(conn)
            await self._plan(conn, draining=draining)
            seen = await self._see(conn, self._state(draining=draining))
            self._drained = seen.drain
            if draining:
                return Found()
            if not self._free:
                await rows.leave(conn, self._me)
                return Found(wanted=frozenset())
            wanted = await self._settle(conn, seen)
            restart = await rows.take_restarts(conn, self._me) if seen.asked else frozenset()
        pause = EVERY if seen.next_silent is None else min(EVERY, max(seen.next_silent, SOONEST))
        return Found(wanted, seen.riders, restart & wanted, pause)

    async def note_figures(self, host: HostFigures, workers: Sequence[WorkerFigures]) -> None:
        """Write what this host and its workers use. Raises DatabaseDown."""
        async with self._link.use() as conn:
            loaded = host.load_percent >= self._config.node_load_limit
            await rows.note_figures(conn, self._me, host, workers, loaded=loaded)
            await give_pulse_on(conn, f"{NODE}{self._me.name}")

    async def part(self, *, limit: float) -> None:
        """Give back leases and placements, within `limit` seconds, and tell the other nodes."""
        try:
            async with asyncio.timeout(limit), self._link.use() as conn:
                await self._write_events(conn)
                await rows.part(conn, self._me)
        except (DatabaseDown, TimeoutError) as error:
            log.warning("leases were not freed, they expire", reason=str(error))
        self._link.close()

    def _state(self, *, draining: bool) -> NodeState:
        if draining or self._drained:
            return NodeState.DRAINING
        return NodeState.UP if self._free else NodeState.HELD

    async def _settle(self, conn: Connection, seen: rows.Seen) -> frozenset[str]:
        """What runs here from now on: more, as far as this node's share goes; less when it is to be drained and another
        node is up, some at a time, so that the other one has the first back before the last one stops."""
        if not seen.drain:
            return seen.mine | await self._claim(conn, seen)
        if seen.nodes < WITH_ANOTHER:
            return seen.mine
        return seen.mine - await rows.leave(conn, self._me, at_most=LEFT_AT_ONCE)

    async def _plan(self, conn: Connection, *, draining: bool) -> None:
        """Whether accounts may be used here, and who has to run where: on a wake-up, or every 5 s."""
        if time.monotonic() < self._plan_at:
            return
        self._free = await self._guard.allows(conn)
        self._plan_at = time.monotonic() + (PLAN_EVERY if self._free else EVERY)
        if self._free and not draining:
            await self._unowned.take(conn)
            await reconcile(conn)

    async def _see(self, conn: Connection, state: NodeState) -> rows.Seen:
        seen = await rows.look(conn, self._me, state=state, ttl=self._config.lease_ttl)
        if self._newborn:
            await self._succeed(conn)
            self._newborn = False
            seen = await rows.look(conn, self._me, state=state, ttl=self._config.lease_ttl)
        return seen

    async def _succeed(self, conn: Connection) -> None:
        """A supervisor of this host that ended without a word took its workers along: its placements need not wait
        until it counts as silent, though its leases have to expire."""
        ended = [node for node, pid in (await rows.namesakes(conn, self._me)).items() if not _lives(pid)]
        if ended:
            log.info("this host's earlier node is gone", nodes=len(ended))
            await rows.retire(conn, ended)

    async def _claim(self, conn: Connection, seen: rows.Seen) -> frozenset[str]:
        by_address = sorted(seen.open, key=lambda place: place.egress not in ("", self._me.egress))
        share = fair_share(total=seen.hosts, mine=len(seen.mine), nodes=seen.nodes, claimable=len(seen.open))
        if not share:
            return frozenset()
        fits = room_in_memory(free=available_memory(), reserve=self._config.node_memory_reserve * MIB)
        accounts = [place.account for place in by_address[: min(share, fits)]]
        if not accounts:
            return frozenset()
        return frozenset(await rows.claim(conn, self._me, accounts, ttl=self._config.lease_ttl, budget=self._budget))

    async def _write_events(self, conn: Connection) -> None:
        """Leases first: the next owner waits for that."""
        events = list(self._events)
        if not events:
            return
        await rows.free_leases(conn, [event.seat.owner for event in events if isinstance(event, Ended)])
        for event in events:
            if isinstance(event, Started):
                await rows.note_started(conn, self._me, event.seat.account, event.pid)
            elif isinstance(event, Changed):
                await rows.note_state(conn, self._me, event.seat.account, event.state)
            else:
                loop = f"{restarts.CRASH_LOOP}: " if restarts.is_crash_loop(event.crashes) else ""
                reason = loop + event.reason
                await rows.note_ended(conn, self._me, event.seat.account, reason, crashed=not event.expected)
        del self._events[: len(events)]


def _lives(pid: int) -> bool:
    """Whether another process of this host has that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
