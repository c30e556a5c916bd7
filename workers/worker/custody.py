"""One account in this process, from taking its lease to giving it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from pairs.journal.link import LinkClosed
from project.core.errors import AccountDead, FenceLost, RelayError, RetryLater
from project.core.leases import Holding
from project.core.link import DatabaseDown, Link
from project.core.logs import get_logger
from workers.waiting import cancelled, event_or_timeout
from workers.worker import fence, verdict
from workers.worker.checkup import Examiner
from workers.worker.leases import Keeper
from workers.worker.ports import Account, Doors, Record
from workers.worker.rechecks import GLANCE, Rechecks

POLL = 5.0
WATCH = 15.0  # seconds between looks at the rows of a connected account, unless a wake-up comes
TAKEN_POLL = 0.5
LOGIN_POLL = 1.0
SAVE_EVERY = 30.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
PARTING = 1.5

log = get_logger(__name__)


class Custody:
    """Holds the lease, logs in, connects, and hands the connected account to the engine."""

    def __init__(self, name: str, *, keeper: Keeper, link: Link, doors: Doors) -> None:
        self.name = name
        self.account: Account | None = None
        self._holding: Holding | None = None
        self._keeper = keeper
        self._link = link
        self._doors = doors
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()
        self._dirty = False
        self._saved_at = 0.0
        self._failures = 0
        self._dead = False
        self._trouble = ""  # why it is not connected, for people
        self._tried: Account | None = None  # what was or is to be connected
        self._refused = False  # the last attempt to connect failed
        self._examiner = Examiner()
        self._rechecks = Rechecks()

    async def run(self) -> None:
        """Until `stop()`. A lease that cannot be had yet is waited for."""
        self._holding = await self._acquire()
        rechecking = asyncio.create_task(self._recheck())
        try:
            while self._holding is not None and not self._stopping.is_set():
                await self._step(self._holding)
        finally:
            await cancelled([rechecking])

    @property
    def connected(self) -> bool:
        """Whether the account's connection stands."""
        return self.account is not None and self.account.connected

    async def check(self, *, asked: str = "") -> None:
        """Write down what the live connection shows. A death is its keeper's to record: `run` hears of it, too.

        `asked` is the mark of somebody who waits for it; then everything is looked at anew.
        """
        if self._holding is None:
            return
        try:
            async with self._link.use() as conn:
                chats = await self._doors.sources(conn, self.name)
            engine = self._doors.opened
            groups = engine.counters() if engine else []
            seen = await self._examiner.examine(self.account, groups, chats, thorough=bool(asked))
            detail = dict(seen.detail) | ({"asked": asked} if asked else {}) | await self._reach(passed=seen.passed)
            if self.account is None and self._trouble:
                detail["error"] = self._trouble
            async with self._link.use() as conn:
                await verdict.record_check(
                    conn, self._holding, passed=seen.passed, code=seen.code, detail=detail, access=seen.access
                )
        except AccountDead:
            return
        except DatabaseDown as error:
            log.warning("check not written", account=self.name, reason=str(error))
            return
        self._rechecks.note(passed=seen.passed, connected=self.connected)

    async def _reach(self, *, passed: bool) -> dict[str, bool]:
        """Of a check that failed for want of a connection: whether the data centre answers at all."""
        tried = self._tried
        if passed or tried is None or self.connected:
            return {}
        return {"datacenter": await tried.datacenter_answers(), "proxied": tried.proxied}

    async def _recheck(self) -> None:
        """Checks beside those of the schedule: what is lost is told at once, and so is that it is back."""
        try:
            while not self._stopping.is_set():
                await event_or_timeout(self._stopping, GLANCE)
                lost = not self.connected and (self._refused or self.account is not None)
                if self._rechecks.is_due(connected=self.connected, lost=lost):
                    await self.check()
        except FenceLost:
            fence.die()
        except LinkClosed:  # the process ends
            return

    def stop(self) -> None:
        """End: lanes, then connection. `run` returns when both are closed and the state is stored."""
        self._stopping.set()
        self._changed.set()

    def wake(self) -> None:
        """Its rows may have changed: a login, an answer to one, a disabled session."""
        self._changed.set()

    async def _acquire(self) -> Holding | None:
        while not self._stopping.is_set():
            try:
                acquired = await self._keeper.acquire(self.name)
            except DatabaseDown as error:
                log.warning("lease not acquired yet", account=self.name, reason=str(error))
                acquired = None
            if acquired is not None:
                log.info("lease acquired", account=self.name, epoch=acquired.holding.epoch, wait=acquired.wait)
                await event_or_timeout(self._stopping, acquired.wait)
                return acquired.holding
            await event_or_timeout(self._stopping, TAKEN_POLL)
        return None

    async def _step(self, holding: Holding) -> None:
        """Do what the rows ask for until they ask for something else; every failure here ends in a wait."""
        self._changed.clear()
        wait = POLL
        try:
            async with self._link.use() as conn:
                await self._doors.give_away(conn, holding)
            await self._check_if_asked()
            record = await self._load()
            if record.open_login:
                await self._login(holding, record)
                wait = 0.0
            elif record.runnable and not self._dead:
                await self._serve(holding, record)
                wait = 0.0
            else:
                self._refused = False
        except FenceLost:
            fence.die()
        except LinkClosed:  # the lanes are drained, this account is stopped next
            await self._stopping.wait()
        except AccountDead as error:
            await self._bury(holding, error)
        except RetryLater as error:
            wait = error.retry_after
        except (RelayError, DatabaseDown) as error:
            self._failures += 1
            self._refused = not isinstance(error, DatabaseDown)
            self._trouble = str(error)[:200]
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._failures - 1, 10))
            log.warning("account not connected", account=self.name, reason=str(error), again_in=wait)
        await event_or_timeout(self._changed, wait)

    async def _load(self) -> Record:
        async with self._link.use() as conn:
            return await self._doors.load(conn, self.name)

    async def _login(self, holding: Holding, record: Record) -> None:
        """Stay connected while a person reads the code; the rows say whose turn it is."""
        account = await self._connect_for_login(record)
        running = asyncio.create_task(account.run())
        try:
            await self._unless_stopped(self._log_in(holding, account, running))
        finally:
            await cancelled([running], limit=PARTING)
            await account.disconnect()

    async def _connect_for_login(self, record: Record) -> Account:
        """With the stored state, which may be half a login; a dead one is put aside for a new key."""
        account = self._doors.account(self.name, record, record.state, _ignore, _nothing)
        try:
            await self._unless_stopped(account.connect())
        except AccountDead as error:
            log.warning("the kept login is dead", account=self.name, code=error.code)
            await account.disconnect()
            account = self._doors.account(self.name, record, record.new_login, _ignore, _nothing)
            await self._unless_stopped(account.connect())
        return account

    async def _log_in(self, holding: Holding, account: Account, running: asyncio.Task[None]) -> None:
        while not running.done() and (await self._load()).open_login:
            self._changed.clear()
            if await self._doors.log_in(self._link, holding, account):
                self._dead = False
                return
            await event_or_timeout(self._changed, LOGIN_POLL)

    async def _serve(self, holding: Holding, record: Record) -> None:
        """Connected, with lanes, until the rows or the platform say otherwise."""
        engine = await self._doors.engine(self._link)
        account = self._doors.account(self.name, record, record.state, engine.on_update(self.name), self._mark_dirty)
        self._tried = account
        try:
            await self._unless_stopped(account.connect())
            self._failures, self._refused = 0, False
            if not self._stopping.is_set():
                await engine.hold(holding, account)
                self.account = account
                self._trouble = ""
                log.info("account connected", account=self.name)
                await self._note_connected(holding)
                await self._watch(holding, account, record)
        finally:
            self.account = None
            await engine.drop(self.name)
            await account.disconnect()
            log.info("account disconnected", account=self.name)
            await self._save_last(holding, account)

    async def _watch(self, holding: Holding, account: Account, record: Record) -> None:
        running = asyncio.create_task(account.run())
        try:
            while not running.done() and not self._stopping.is_set():
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({running, changed}, timeout=WATCH, return_when="FIRST_COMPLETED")
                changed.cancel()
                self._changed.clear()
                if not running.done() and not await self._still_good(holding, account, record):
                    return
                if not running.done():
                    await self._answer_lookups(holding, account)
                    await self._check_if_asked()
            if running.done():
                running.result()
        finally:
            await cancelled([running], limit=PARTING)

    async def _still_good(self, holding: Holding, account: Account, connected: Record) -> bool:
        """Store the state when it is due, and say whether the rows still want the account connected this way."""
        try:
            if self._dirty and time.monotonic() - self._saved_at >= SAVE_EVERY:
                await self._save(holding, account)
            record = await self._load()
        except DatabaseDown:
            return True
        return record.runnable and not record.open_login and record.way == connected.way

    async def _answer_lookups(self, holding: Holding, account: Account) -> None:
        """What people asked of this account's live connection."""
        try:
            await self._doors.answer(self._link, holding, account)
        except DatabaseDown as error:
            log.warning("lookups not answered", account=self.name, reason=str(error))

    async def _check_if_asked(self) -> None:
        """Somebody waits for a check of this account."""
        try:
            async with self._link.use() as conn:
                asked = await self._doors.check_asked(conn, self.name)
        except DatabaseDown as error:
            log.warning("wishes not read", account=self.name, reason=str(error))
            return
        if asked:
            await self.check(asked=asked)

    async def _note_connected(self, holding: Holding) -> None:
        try:
            async with self._link.use() as conn:
                await verdict.record_connected(conn, holding)
        except DatabaseDown as error:
            log.warning("connection not written down", account=self.name, reason=str(error))

    async def _save(self, holding: Holding, account: Account) -> None:
        self._dirty = False
        self._saved_at = time.monotonic()
        async with self._link.use() as conn:
            await self._doors.save(conn, holding, account.snapshot())

    async def _save_last(self, holding: Holding, account: Account) -> None:
        if not self._dirty:
            return
        try:
            async with asyncio.timeout(PARTING):
                await self._save(holding, account)
        except (DatabaseDown, TimeoutError) as error:
            log.warning("state not stored", account=self.name, reason=str(error))

    async def _bury(self, holding: Holding, error: AccountDead) -> None:
        self._dead = True
        self._trouble = error.for_people()
        log.error("account is dead", account=self.name, code=error.code)
        try:
            async with self._link.use() as conn:
                await verdict.record_death(conn, holding, error)
        except DatabaseDown as down:
            log.error("its death is not recorded", account=self.name, reason=str(down))

    def _mark_dirty(self) -> None:
        self._dirty = True

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Finish `work`, or give it up when this custody has to end."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when="FIRST_COMPLETED")
            if task.done():
                task.result()
        finally:
            stop.cancel()
            await cancelled([task], limit=PARTING)


def _ignore(_update: object) -> None:
    """Nothing is relayed during a login."""


def _nothing() -> None:
    """A login stores its state itself, step by step."""
