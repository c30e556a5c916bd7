"""One per host: claims placements, keeps a worker alive for each, frees the leases of those that ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import uuid
from collections.abc import Sequence

import asyncpg

from project.core.config import Config
from project.core.errors import RelayError
from project.core.link import DatabaseDown
from project.core.logs import get_logger
from workers.node import ears, rows, wire
from workers.node.deputy import keep_watch
from workers.node.egress import egress_name
from workers.node.fleet import DRAIN_FOR, Event, Fleet
from workers.node.gauge import Gauge
from workers.node.rounds import EVERY, Rounds
from workers.node.zygote_link import COMMAND, ZygoteLink
from workers.waiting import cancelled, event_or_timeout

LOCALLY_EVERY = 0.2  # seconds, while workers start or stop
MEASURE_EVERY = 15.0
PRELOAD_LIMIT = 120.0
PARTING = 5.0

log = get_logger(__name__)


class NodeFailed(RelayError):
    """The node cannot go on; every worker of it is gone."""


class Supervisor:
    """`run()` until SIGTERM or SIGINT, then drains. Raises NodeFailed when the zygote ended by itself."""

    def __init__(self, config: Config, *, zygote: Sequence[str] = COMMAND) -> None:
        self._command, self._config = zygote, config
        me = rows.Me(uuid.uuid4(), config.node_name, egress_name(config), os.getpid(), config.egress_name)
        self._rounds = Rounds(config, me)
        self._gauge = Gauge(config.var_dir)
        self._zygote = ZygoteLink(self._on_message)
        self._stir = asyncio.Event()
        self._fleet = Fleet(me.id, self._zygote, self._on_event, on_up=self._stir.set)
        self._wanted: frozenset[str] = frozenset()
        self._riders: dict[str, str] = {}
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
            log.info("node is up")
            ears_open = ears.listen(self._on_wake, self._on_news, self._on_gap)
            work = [self._keep_fleet(), self._keep_rows(), self._measure(), keep_watch(self._config), ears_open]
            tasks = [asyncio.create_task(coroutine) for coroutine in work]
            try:
                await self._first_of(self._stop, tasks=tasks)
                await self._drain()
            finally:
                await cancelled(tasks)
        finally:
            await self._zygote.end()
        await self._rounds.part(limit=PARTING)

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
            self._stir.clear()
            settled = self._fleet.adjust(self._wanted)
            if time.monotonic() - judged >= EVERY:
                judged = time.monotonic()
                self._fleet.judge()
            await event_or_timeout(self._stir, EVERY if settled else LOCALLY_EVERY)

    async def _keep_rows(self) -> None:
        while True:
            self._poke.clear()
            pause = EVERY
            try:
                pause = await self._look()
            except DatabaseDown as error:
                log.warning("no database for now", reason=str(error))
                self._rounds.plan_now()  # it may be another one when it is back
            except asyncpg.PostgresError:  # a bad row must not cost every worker of this node
                log.exception("rows not looked at")
            await event_or_timeout(self._poke, pause)

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(MEASURE_EVERY)
            try:
                host = await asyncio.to_thread(self._gauge.host)
                workers = await asyncio.to_thread(self._gauge.workers, self._fleet.pids)
                await self._rounds.note_figures(host, workers)
            except (DatabaseDown, OSError) as error:
                log.warning("figures of this host are not written", reason=str(error))

    async def _look(self) -> float:
        """One round over the rows, and what follows from it here; seconds until the next one."""
        found = await self._rounds.look(draining=self._stop.is_set())
        if found.wanted is not None:
            self._want(frozenset() if self._stop.is_set() else found.wanted)
        if found.riders is not None:
            self._note_riders(found.riders)
        for account in found.restart:
            log.info("worker restarts", account=account)
            self._fleet.restart(account)
            self._stir.set()
        return found.pause

    def _want(self, accounts: frozenset[str]) -> None:
        if accounts != self._wanted:
            self._wanted = accounts
            self._stir.set()

    def _note_riders(self, riders: dict[str, str]) -> None:
        """Tell each process whose accounts changed."""
        for _, host in riders.items() ^ self._riders.items():
            self._fleet.wake(host)
        self._riders = riders

    async def _drain(self) -> None:
        """All workers get SIGTERM and 10 s, then SIGKILL; their leases are freed as they end."""
        log.info("draining", workers=len(self._fleet.accounts))
        self._want(frozenset())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_FOR + PARTING):
                await self._fleet.wait_empty()

    def _on_message(self, message: wire.Message) -> None:
        if isinstance(message, wire.Preloaded):
            self._preloaded.set()
        else:
            self._fleet.on_message(message)

    def _on_event(self, event: Event) -> None:
        self._rounds.note(event)
        self._poke.set()
        self._stir.set()

    def _on_wake(self, payload: str) -> None:
        if payload == ears.PLACEMENTS:
            self._plan_now()
        else:
            self._fleet.wake(self._riders.get(payload, payload))

    def _on_news(self, payload: str) -> None:
        account, _, news = payload.partition(" ")
        self._fleet.tell(self._riders.get(account, account), news)

    def _on_gap(self) -> None:
        self._plan_now()
        self._fleet.wake_all()

    def _plan_now(self) -> None:
        self._rounds.plan_now()
        self._poke.set()
