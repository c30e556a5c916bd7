"""One per host: claims placements, keeps a worker alive for each, frees the leases of those that ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from pairs.handover.unserved import Unowned
from project.core.config import Config
from project.core.errors import RelayError
from project.core.logs import get_logger
from workers.database import DatabaseDown, Link
from workers.domain import restarts
from workers.domain.claims import fair_share
from workers.node import ears, rows, wire
from workers.node.egress import egress_name
from workers.node.fleet import DRAIN_FOR, Ended, Fleet, Started
from workers.node.guard import Guard
from workers.node.reconcile import reconcile
from workers.node.zygote_link import COMMAND, ZygoteLink
from workers.waiting import cancelled, event_or_timeout

if TYPE_CHECKING:
    from workers.database import Connection

EVERY = 2.0
LOCALLY_EVERY = 0.2
PRELOAD_LIMIT = 120.0
PARTING = 5.0

log = get_logger(__name__)


class NodeFailed(RelayError):
    """The node cannot go on; every worker of it is gone."""


class Supervisor:
    """`run()` until SIGTERM or SIGINT, then drains. Raises NodeFailed when the zygote ended by itself."""

    def __init__(self, config: Config, *, zygote: Sequence[str] = COMMAND) -> None:
        self._config = config
        self._command = zygote
        self._me = rows.Me(uuid.uuid4(), config.node_name, egress_name(config), os.getpid())
        self._link = Link("node", direct=True)
        self._guard = Guard(config, node=self._me.id)
        self._unowned = Unowned(ttl=config.lease_ttl)
        self._zygote = ZygoteLink(self._on_message)
        self._fleet = Fleet(self._me.id, self._zygote, self._on_event)
        self._wanted: frozenset[str] = frozenset()
        self._riders: dict[str, str] = {}
        self._events: list[Started | Ended] = []
        self._preloaded = asyncio.Event()
        self._poke = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Everything, from the zygote's start to the last lease freed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        await self._zygote.start(self._command)
        try:
            await self._first_of(self._preloaded, limit=PRELOAD_LIMIT)
            work = [self._keep_fleet(), self._keep_rows(), ears.listen(self._on_wake, self._on_gap)]
            tasks = [asyncio.create_task(coroutine) for coroutine in work]
            try:
                await self._first_of(self._stop, tasks=tasks)
                await self._drain()
            finally:
                await cancelled(tasks)
        finally:
            await self._zygote.end()
        await self._part()

    async def _first_of(
        self, event: asyncio.Event, *, tasks: Sequence[asyncio.Task[None]] = (), limit: float | None = None
    ) -> None:
        """Wait for the event or for SIGTERM; fail with the zygote, or with a task that broke."""
        waits = [asyncio.create_task(each.wait()) for each in (event, self._stop, self._zygote.gone)]
        try:
            done, _ = await asyncio.wait([*waits, *tasks], timeout=limit, return_when="FIRST_COMPLETED")
        finally:
            await cancelled(waits)
        for task in set(tasks) & done:
            task.result()
        if self._zygote.gone.is_set() or not done:
            raise NodeFailed("The parent process of the workers ended.", hint="Its log says why.")

    async def _keep_fleet(self) -> None:
        judged = time.monotonic()
        while True:
            self._fleet.adjust(self._wanted)
            if time.monotonic() - judged >= EVERY:
                judged = time.monotonic()
                self._fleet.judge()
            await asyncio.sleep(LOCALLY_EVERY)

    async def _keep_rows(self) -> None:
        while True:
            self._poke.clear()
            try:
                await self._look()
            except DatabaseDown as error:
                log.warning("no database for now", reason=str(error))
            except asyncpg.PostgresError:  # a bad row must not cost every worker of this node
                log.exception("rows not looked at")
            await event_or_timeout(self._poke, EVERY)

    async def _look(self) -> None:
        """One round over the rows: say what happened here, plan, claim, and know who is wanted."""
        ttl = self._config.lease_ttl
        async with self._link.use() as conn:
            free = await self._guard.allows(conn)
            await rows.beat(conn, self._me, state=self._state(free), ttl=ttl)
            await self._write_events(conn)
            if self._stop.is_set():
                return
            if not free:
                self._wanted = frozenset()
                await rows.leave(conn, self._me)
                return
            await self._unowned.take(conn)
            await reconcile(conn, self._config)
            hosts = await rows.hosts(conn, ttl=ttl)
            mine = {host.account for host in hosts if host.node == self._me.id}
            open_hosts = sorted(
                (host for host in hosts if not host.held),
                key=lambda host: host.egress not in ("", self._me.egress),
            )
            share = fair_share(
                total=len(hosts),
                mine=len(mine),
                nodes=await rows.live_nodes(conn, ttl=ttl),
                claimable=len(open_hosts),
            )
            mine.update(await rows.claim(conn, self._me, [host.account for host in open_hosts[:share]], ttl=ttl))
            riders = await rows.riders(conn, self._me)
        self._wanted = frozenset() if self._stop.is_set() else frozenset(mine)
        self._note_riders(riders)

    def _state(self, free: bool) -> str:
        if self._stop.is_set():
            return "draining"
        return "up" if free else "held"

    async def _write_events(self, conn: Connection) -> None:
        """Leases first: the next owner waits for that."""
        events = list(self._events)
        await rows.free_leases(conn, [event.seat.owner for event in events if isinstance(event, Ended)])
        for event in events:
            if isinstance(event, Started):
                await rows.note_started(conn, self._me, event.seat.account, event.pid)
            else:
                loop = "crash loop: " if restarts.is_crash_loop(event.crashes) else ""
                await rows.note_ended(
                    conn, self._me, event.seat.account, loop + event.reason, crashed=not event.expected
                )
        del self._events[: len(events)]

    def _note_riders(self, riders: dict[str, str]) -> None:
        """Tell each process whose accounts changed."""
        for _, host in riders.items() ^ self._riders.items():
            self._fleet.wake(host)
        self._riders = riders

    async def _drain(self) -> None:
        """All workers get SIGTERM and 10 s, then SIGKILL; their leases are freed as they end."""
        log.info("draining", workers=len(self._fleet.accounts))
        self._wanted = frozenset()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_FOR + PARTING):
                await self._fleet.wait_empty()

    async def _part(self) -> None:
        """Give back leases and placements, and go."""
        try:
            async with asyncio.timeout(PARTING), self._link.use() as conn:
                await self._write_events(conn)
                await rows.leave(conn, self._me)
                await rows.beat(conn, self._me, state="gone", ttl=self._config.lease_ttl)
        except (DatabaseDown, TimeoutError) as error:
            log.warning("leases were not freed, they expire", reason=str(error))
        self._link.close()

    def _on_message(self, message: wire.Message) -> None:
        if isinstance(message, wire.Preloaded):
            self._preloaded.set()
        else:
            self._fleet.on_message(message)

    def _on_event(self, event: Started | Ended) -> None:
        self._events.append(event)
        self._poke.set()

    def _on_wake(self, payload: str) -> None:
        if payload == ears.PLACEMENTS:
            self._poke.set()
        else:
            self._fleet.wake(self._riders.get(payload, payload))

    def _on_gap(self) -> None:
        self._poke.set()
        self._fleet.wake_all()
