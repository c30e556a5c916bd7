"""Everything one worker process does besides tasks: the accounts it hosts, on one loop."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from project.core.config import Config
from project.core.link import LONG_PATIENCE, DatabaseDown, Link
from project.core.logs import get_logger
from sessions.domain.accounts import split_account
from workers.node.egress import egress_name
from workers.node.wire import Seat
from workers.waiting import event_or_timeout
from workers.worker import groups
from workers.worker.custody import Custody
from workers.worker.leases import Keeper
from workers.worker.line import Line
from workers.worker.ports import Doors

if TYPE_CHECKING:
    from project.core.pg import Connection

LOOK_EVERY = 15.0  # seconds between looks at the placements, unless a wake-up comes
REPORT_EVERY = 10.0
SOON = 1.0  # seconds between reports while a group stands still
DRAIN_LANES = 8.0
DRAIN_ACCOUNTS = 1.5

_HOSTED = """
SELECT account, EXISTS (SELECT 1 FROM workers_workergroup WHERE session_id = $2 AND restart_token IS NOT NULL) AS asked
FROM workers_placement WHERE host = $1
"""

log = get_logger(__name__)


class Runtime:
    """Holds every account whose placement names this process's account as its host, that one first."""

    def __init__(self, seat: Seat, pipe: socket.socket, config: Config, doors: Doors) -> None:
        self._seat = seat
        self._doors = doors
        self._line = Line(pipe, self.wake, self._hear)
        self._link = Link(seat.account, patience=LONG_PATIENCE)  # of everything here but the leases
        self._keeper = Keeper(
            service=seat.account,
            owner=seat.owner,
            egress=egress_name(config),
            ttl=config.lease_ttl,
            renew=config.lease_renew,
            limit=config.lease_fence,
            handover_wait=config.handover_wait,
        )
        self._accounts: dict[str, tuple[Custody, asyncio.Task[None]]] = {}
        self._waiting: set[str] = set()  # accounts that are to be checked
        self._changed = asyncio.Event()
        self._restarting = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Until `stop()`, then drain. Whatever breaks in here ends the process: its restart is clean."""
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(work)
                for work in (self._line.run(), self._keeper.run(), self._doors.run(), self._report())
            ]
            while not self._stopping:
                self._changed.clear()
                await self._follow_placements(group)
                await event_or_timeout(self._changed, LOOK_EVERY)
            await self._drain()
            for task in background:
                task.cancel()
        self._link.close()

    def stop(self) -> None:
        """Begin to drain. The leases stay held: the supervisor frees them when this process is gone."""
        self._stopping = True
        self._changed.set()

    def wake(self) -> None:
        """Rows changed that concern an account of this process."""
        self._changed.set()
        if self._doors.opened is not None:
            self._doors.opened.wake()
        for custody, _ in self._accounts.values():
            custody.wake()

    def _hear(self, news: str) -> None:
        """The journal holds something for an account of this process. Without an engine nobody could take it."""
        if self._doors.opened is not None:
            self._doors.opened.hear(news)

    async def check(self, account: str, *, wait: float = 0.0) -> None:
        """Write a health check of an account of this process, `wait` seconds from now. Of the checks that were asked
        for meanwhile, as by tasks that piled up, this one is enough. Raises FenceLost."""
        if account in self._waiting:
            return
        self._waiting.add(account)
        try:
            await asyncio.sleep(wait)
            if account in self._accounts:
                await self._accounts[account][0].check()
        finally:
            self._waiting.discard(account)

    async def _follow_placements(self, group: asyncio.TaskGroup) -> None:
        """Take in accounts that were placed here; hand over those that were placed elsewhere."""
        hosted = await self._hosted()
        for account in hosted - self._accounts.keys():
            custody = Custody(account, keeper=self._keeper, link=self._link, doors=self._doors)
            self._accounts[account] = custody, group.create_task(self._hold(custody))
        for account in self._accounts.keys() - hosted:
            self._accounts[account][0].stop()

    async def _hosted(self) -> frozenset[str]:
        """This process's own account always; the supervisor ends the process when it is not wanted."""
        kind, number = split_account(self._seat.account)
        try:
            async with self._link.use() as conn:
                rows = await conn.fetch(_HOSTED, self._seat.account, number if kind == "session" else None)
                if any(row["asked"] for row in rows):
                    await self._restart_groups(conn)
        except DatabaseDown as error:
            log.warning("placements not read", reason=str(error))
            return frozenset(self._accounts) | {self._seat.account}
        return frozenset(row["account"] for row in rows) | {self._seat.account}

    async def _restart_groups(self, conn: Connection) -> None:
        """The groups that somebody wants restarted. Without an engine nothing of them runs."""
        for number in await groups.take_restarts(conn, self._seat.account):
            log.info("worker group restarts", account=self._seat.account, group=number)
            if self._doors.opened is not None:
                self._doors.opened.restart_group(number)
                self._restarting.set()

    async def _hold(self, custody: Custody) -> None:
        """Until the account is handed over; its lease is given back when nothing of it is open any more."""
        await custody.run()
        if not self._stopping:
            await self._keeper.release(custody.name)
            del self._accounts[custody.name]
            self._changed.set()

    async def _report(self) -> None:
        pause = REPORT_EVERY
        while True:
            await event_or_timeout(self._restarting, pause)
            self._restarting.clear()
            counters = self._doors.opened.counters() if self._doors.opened else []
            pause = SOON if any(group.resting for group in counters) else REPORT_EVERY
            try:
                async with self._link.use() as conn:
                    await groups.report(conn, self._seat.account, counters)
                    await groups.note_connected(conn, self._connected())
            except DatabaseDown as error:
                log.warning("counters not written", reason=str(error))

    def _connected(self) -> list[str]:
        return [name for name, (custody, _) in self._accounts.items() if custody.connected]

    async def _drain(self) -> None:
        """First every lane, then every connection; bounded, since the supervisor kills after 10 s."""
        try:
            async with asyncio.timeout(DRAIN_LANES):
                if self._doors.opened is not None:
                    await self._doors.opened.drain()
        except TimeoutError:
            log.warning("lanes did not end in time")
        for custody, _ in self._accounts.values():
            custody.stop()
        tasks = [task for _, task in self._accounts.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_ACCOUNTS)
            for task in late:
                task.cancel()


_here: Runtime | None = None


def present(runtime: Runtime) -> Runtime:
    """Make it the runtime of this process, for its tasks."""
    global _here
    _here = runtime
    return runtime


def here() -> Runtime | None:
    """The runtime of this process; None outside account workers."""
    return _here
