"""The workers of this node: who runs, who has to start or stop, who has gone silent. No database here."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from project.core.logs import get_logger
from workers.domain import restarts
from workers.models import ProcessState
from workers.node import wire
from workers.node.zygote_link import ZygoteLink

FORKS_AT_ONCE = 4
BOOTING_FOR = 20.0
SILENT_FOR = 10.0
DRAIN_FOR = 10.0
STALLED_FOR = 6.0

log = get_logger(__name__)


@dataclass(slots=True)
class Worker:
    """One forked process. Times are this process's monotonic clock. `verdict` says why it was killed, `unwanted` why it
    has to stop; `missed`: its pipe was full when it had to be told something."""

    seat: wire.Seat
    pipe: socket.socket
    born: float
    heard: float
    pid: int = 0
    up: bool = False
    stopping: float | None = None
    verdict: str = ""
    unwanted: str = ""
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A worker is gone: waited for, so its leases may be freed. `crashes` counts those in a row."""

    seat: wire.Seat
    reason: str
    expected: bool
    crashes: int


@dataclass(frozen=True, slots=True)
class Started:
    """A worker was forked."""

    seat: wire.Seat
    pid: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A worker does something else now: it has booted, or it drains."""

    seat: wire.Seat
    state: ProcessState


Event = Started | Changed | Ended


@dataclass(slots=True)
class Pause:
    """Crashes in a row of one account, and when it may start again."""

    crashes: int = 0
    until: float = 0.0


@dataclass(slots=True)
class Fleet:
    """Keeps one worker per wanted account alive. `on_up`: one has booted, so another one may."""

    node: uuid.UUID
    zygote: ZygoteLink
    on_event: Callable[[Event], None]
    on_up: Callable[[], None]
    _workers: dict[str, Worker] = field(default_factory=dict)
    _pauses: dict[str, Pause] = field(default_factory=dict)
    _judged: float = field(default_factory=time.monotonic)
    _buried: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def accounts(self) -> frozenset[str]:
        """Accounts that have a process now, also one that is stopping."""
        return frozenset(self._workers)

    async def wait_empty(self) -> None:
        """Until no worker is left. Returns also when the zygote ended: nobody is left then either."""
        while self._workers and not self.zygote.gone.is_set():
            self._buried.clear()
            waits = [asyncio.create_task(event.wait()) for event in (self._buried, self.zygote.gone)]
            await asyncio.wait(waits, return_when="FIRST_COMPLETED")
            for wait in waits:
                wait.cancel()

    def adjust(self, wanted: frozenset[str]) -> bool:
        """Stop what is not wanted, start what is, four boots at a time. False while there is more to do: call it again
        soon, and whenever something happened."""
        for account, worker in list(self._workers.items()):
            if account not in wanted or worker.unwanted:
                self._stop(worker)
        self._begin(wanted)
        return self._workers.keys() == wanted and not any(worker.unwanted for worker in self._workers.values())

    def restart(self, account: str) -> None:
        """Let its process drain and end, at most 10 s; `adjust` starts another one. One that waits after a crash starts
        at once."""
        self._pauses.pop(account, None)
        if account in self._workers:
            self._workers[account].unwanted = "restart asked for"

    @property
    def pids(self) -> dict[str, int]:
        """The processes by account, those that were reported as forked."""
        return {account: worker.pid for account, worker in self._workers.items() if worker.pid}

    def _begin(self, wanted: frozenset[str]) -> None:
        now = time.monotonic()
        booting = sum(not worker.up and now - worker.born < BOOTING_FOR for worker in self._workers.values())
        for account in sorted(wanted - self._workers.keys()):
            if booting >= FORKS_AT_ONCE:
                return
            if self._pauses.get(account, Pause()).until <= now:
                booting += self._start(account, now)

    def judge(self) -> None:
        """Kill workers whose loop is silent. Everything they said is read first, and after a stall of this
        process nobody is judged: the silence may be its own."""
        now = time.monotonic()
        stalled, self._judged = now - self._judged > STALLED_FOR, now
        for worker in self._workers.values():
            self._read(worker)
            if worker.missed:
                self.wake(worker.seat.account)
        if stalled:
            return
        for worker in self._workers.values():
            silent = worker.up and not worker.verdict and now - worker.heard > SILENT_FOR
            if silent and self.zygote.kill(worker.seat.owner, signal.SIGKILL):
                worker.verdict = f"no heartbeat for {SILENT_FOR:g} s"

    def wake(self, account: str) -> None:
        """Pass a wake-up on. When the pipe is full it goes again later."""
        if (worker := self._workers.get(account)) is not None:
            worker.missed = not _sent(worker, wire.WAKE)

    def tell(self, account: str, news: str) -> None:
        """Pass news on (pairs/news.py). When the pipe is full a wake-up follows later: it makes up for all of them."""
        worker = self._workers.get(account)
        if worker is not None and not _sent(worker, wire.NEWS + news.encode()):
            worker.missed = True

    def wake_all(self) -> None:
        """Wake everybody: a wake-up may have been lost."""
        for account in self._workers:
            self.wake(account)

    def on_message(self, message: wire.Message) -> None:
        """What the zygote says."""
        if isinstance(message, wire.Forked) and (worker := self._by_owner(message.owner)):
            worker.pid = message.pid
            self.on_event(Started(worker.seat, message.pid))
        elif isinstance(message, wire.Exited) and (worker := self._by_owner(message.owner)):
            self._bury(worker, message.status)

    def _by_owner(self, owner: str) -> Worker | None:
        return next((worker for worker in self._workers.values() if worker.seat.owner == owner), None)

    def _start(self, account: str, now: float) -> bool:
        seat = wire.Seat(account, f"{self.node}:{uuid.uuid4()}")
        ours, theirs = wire.pipe()
        with theirs:
            if not self.zygote.fork(seat, theirs):
                ours.close()
                return False
        worker = self._workers[account] = Worker(seat, ours, born=now, heard=now)
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear, worker)
        return True

    def _stop(self, worker: Worker) -> None:
        now = time.monotonic()
        if worker.stopping is None:
            if self.zygote.kill(worker.seat.owner, signal.SIGTERM):
                worker.stopping = now
                self.on_event(Changed(worker.seat, ProcessState.STOPPING))
        elif now - worker.stopping > DRAIN_FOR:
            self.zygote.kill(worker.seat.owner, signal.SIGKILL)

    def _hear(self, worker: Worker) -> None:
        """The first word says that it is up; what follows waits in the pipe until it is judged."""
        self._read(worker)
        asyncio.get_running_loop().remove_reader(worker.pipe.fileno())
        if worker.up:
            self.on_event(Changed(worker.seat, ProcessState.UP))
        self.on_up()

    def _read(self, worker: Worker) -> None:
        while worker.pipe.fileno() >= 0:
            try:
                word = worker.pipe.recv(wire.PACKET)
            except OSError:  # also when nothing waits there
                return
            if not word:
                return
            worker.heard = time.monotonic()
            worker.up = True

    def _bury(self, worker: Worker, status: int) -> None:
        asyncio.get_running_loop().remove_reader(worker.pipe.fileno())
        worker.pipe.close()
        account = worker.seat.account
        del self._workers[account]
        now = time.monotonic()
        pause = self._pauses.setdefault(account, Pause())
        if worker.stopping is not None:
            pause.crashes = 0
        else:
            pause.crashes = restarts.next_crashes(pause.crashes, lasted=now - worker.born)
            pause.until = now + restarts.delay(pause.crashes)
        reason = worker.verdict or worker.unwanted or describe(status)
        log.info("worker ended", account=account, pid=worker.pid, reason=reason, crashes=pause.crashes)
        self._buried.set()
        self.on_event(Ended(worker.seat, reason, worker.stopping is not None, pause.crashes))


def _sent(worker: Worker, word: bytes) -> bool:
    """False when its pipe is full, or broken: then its end is noticed soon."""
    try:
        worker.pipe.send(word)
    except OSError:
        return False
    return True


def describe(status: int) -> str:
    """An exit status (negative: a signal) in words."""
    if status >= 0:
        return EXITS.get(status, f"exit code {status}")
    name = signal.Signals(-status).name
    return f"{name}: lease not renewed in time" if -status == signal.SIGALRM else name


EXITS = {
    0: "ended",
    70: "lost its lease",
    71: "crashed, see its log",
    72: "lost its parent",
}
