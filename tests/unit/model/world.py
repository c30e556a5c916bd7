"""The model: two sessions with one pair, the pair's sender bot, processes that freeze and die, a clock that is set.

Each method is one atomic step of one party; it does nothing when it is not that party's turn. What may never happen
raises Violation. Posts arrive at once; a post whose outcome is unknown is looked for before it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.model.parts import (
    FENCE,
    HOPS,
    RENEW,
    SENDER,
    SESSIONS,
    TTL,
    Kind,
    Lease,
    Process,
    Rules,
    Stage,
    Violation,
    Write,
)


class World:
    """Database, processes and platforms."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.now = 0  # true time; every process's own clock
        self.skew = 0  # of the database's clock
        self.leases = {account: Lease() for account in (*SESSIONS, SENDER)}
        self.session, self.generation, self.wanted = "A", 1, "A"
        self.journal: list[int] = []  # source messages in the order of seq
        self.state: dict[tuple[int, int], str] = {}  # (hop, seq)
        self.processes: list[Process] = []
        self.writes: list[Write] = []  # begun and not yet committed
        self.top = 0  # newest source message
        self.posts: dict[int, list[int]] = {hop: [] for hop in HOPS}
        self.last_epoch = dict.fromkeys(self.leases, 0)  # that a platform heard from
        self.seen: tuple[str, int, int, int] = ("", 0, 0, 0)  # what control saw of a lease, and since when
        for account in self.leases:
            process = self.start(account)
            self.acquire(process)
            self.arm(process)
            self.connect(process)
            self.load(process)

    # --- processes

    def start(self, account: str) -> Process:
        """A supervisor forks a worker."""
        self.processes.append(Process(len(self.processes), account))
        return self.processes[-1]

    def acquire(self, process: Process) -> None:
        """Takes the lease, unless it is another one's; queues behind writes in flight."""
        lease = self.leases[process.account]
        now = self.now + self.skew
        free = lease.released or lease.expires <= now
        if process.epoch or not process.runs or not free or self._locked(process.account):
            return
        inherited = min(max(lease.ready - now, 0), TTL)
        wait = max(TTL, inherited) if not lease.released and self.rules.waits else inherited
        process.epoch, process.connects_at = lease.epoch + 1, self.now + wait
        self.leases[process.account] = Lease(process.id, process.epoch, now + TTL, now + wait, released=False)
        if self.rules.arms_first:
            process.deadline = self.now + FENCE

    def arm(self, process: Process) -> None:
        """Sets the timer of one that has none yet."""
        if process.runs and process.epoch and process.deadline is None:
            process.deadline = self.now + FENCE

    def connect(self, process: Process) -> None:
        """The first bytes on the key."""
        if process.runs and process.epoch and not process.connected and self.now >= process.connects_at:
            self.bytes_of(process)
            process.connected = True

    def ping(self, process: Process) -> None:
        """A connected process is never silent for long."""
        if process.runs and process.connected:
            self.bytes_of(process)

    def renew(self, process: Process) -> None:
        """All or nothing: whoever lost its lease ends."""
        if not process.runs or not process.epoch:
            return
        lease, now = self.leases[process.account], self.now + self.skew
        if (lease.owner, lease.epoch) != (process.id, process.epoch) or lease.released or lease.expires <= now:
            self.die(process)
        else:
            lease.expires = now + TTL
            process.deadline = self.now + FENCE

    def die(self, process: Process) -> None:
        """The kernel closes what it had open; what had begun in the database goes on there."""
        process.alive = process.connected = False
        process.writes.clear()

    def wake(self, process: Process) -> None:
        """SIGCONT: a timer that is over comes first."""
        process.frozen = False
        if process.alive and process.deadline is not None and self.now >= process.deadline:
            self.die(process)

    def free(self, process: Process) -> None:
        """The supervisor gives the lease back, on the report that the process was waited for."""
        lease = self.leases[process.account]
        gone = not process.alive or (process.told_to_end and not self.rules.reports)
        if gone and lease.owner == process.id and not self._locked(process.account):
            lease.released, lease.expires = True, self.now + self.skew

    # --- time

    def tick(self, seconds: int) -> None:
        """Nobody does anything meanwhile but the kernel."""
        self.now += seconds
        for process in self.processes:
            if process.runs and process.deadline is not None and self.now >= process.deadline:
                self.die(process)

    def calm(self, seconds: int) -> None:
        """Everybody who can renews in time."""
        for _ in range(0, seconds, RENEW):
            self.tick(min(RENEW, seconds))
            for process in list(self.processes):
                self.renew(process)

    # --- a pair's owner

    def load(self, process: Process) -> None:
        """Reads the pair; what was claimed by somebody else, or before, is looked at anew."""
        if not process.runs or not process.connected or process.leaving:
            return
        mine = process.account == self.session
        if mine and process.generation != self.generation:
            process.generation, process.read = self.generation, len(self.journal)
            process.queue[1] = self._unfinished(1)
        elif not mine:
            process.generation = 0
        if process.account == SENDER:
            process.queue[2] = [seq for seq in self._unfinished(2) if self.state.get((1, seq)) == "sent"]

    def append(self, process: Process, stage: Stage) -> None:
        """The next source message goes to the journal."""
        if self._works(process) and process.read < self.top and not self._busy(process, Kind.APPEND):
            process.read += 1
            self._write(process, Kind.APPEND, 1, process.read, stage)

    def lane(self, process: Process, hop: int, stage: Stage) -> None:
        """The next step of a lane: claim, look for what may stand, or settle."""
        if not (self._works(process) if hop == 1 else process.account == SENDER and process.connected):
            return
        busy = hop in process.calls or self._busy(process, Kind.CLAIM, hop) or self._busy(process, Kind.SETTLE, hop)
        if not process.runs or not process.queue[hop] or busy:
            return
        seq = process.queue[hop][0]
        state = self.state.get((hop, seq), "waiting")
        if state == "sent":
            process.queue[hop].pop(0)
        elif state == "waiting":
            self._write(process, Kind.CLAIM, hop, seq, stage)
        elif seq in self.posts[hop]:
            self._write(process, Kind.SETTLE, hop, seq, stage)
        else:
            process.calls[hop] = seq

    def send(self, process: Process, hop: int) -> None:
        """The bytes of a call leave."""
        if process.runs and process.connected and hop in process.calls:
            seq = process.calls.pop(hop)
            self.bytes_of(process)
            self.posts[hop].append(seq)
            if self.posts[hop] != list(range(1, len(self.posts[hop]) + 1)):
                raise Violation(f"hop {hop} posted {self.posts[hop]}")

    # --- the hand-over of a pair

    def leave(self, process: Process) -> None:
        """The owner sees the wish: no more intake, no more calls."""
        if process.runs and process.generation and self.wanted != process.account:
            process.leaving = True

    def cancel(self, process: Process) -> None:
        """A call that hangs is given up: it stays `sending`."""
        if process.runs and process.leaving:
            process.calls.pop(1, None)

    def give(self, process: Process) -> None:
        """The owner commits the new one, by compare-and-set."""
        drained = 1 not in process.calls or not self.rules.drains
        if not process.runs or not process.leaving or not drained or self._locked(process.account):
            return
        process.leaving = False
        lease = self.leases[process.account]
        if (lease.owner, lease.epoch) != (process.id, process.epoch):
            self.die(process)
        elif process.generation == self.generation and self.session == process.account != self.wanted:
            self._move()
        if self.rules.drains:
            process.generation = 0

    def force(self) -> None:
        """Control's turn: an owner that is gone gives nothing away."""
        lease, account = self.leases[self.session], self.session
        if (self.seen[0], self.seen[1], self.seen[2]) != (account, lease.epoch, lease.expires):
            self.seen = (account, lease.epoch, lease.expires, self.now)
        silent = self.now - self.seen[3] >= TTL
        expired = silent if self.rules.own_clock else lease.expires <= self.now + self.skew
        if self.wanted != self.session and (lease.released or expired) and not self._locked(account):
            self._move()

    def _move(self) -> None:
        self.session = self.wanted
        self.generation += 1

    # --- the database

    def begin(self, write: Write) -> None:
        """The fence is read; with the rule, lease and assignment stay locked until the commit."""
        write.process.writes.remove(write)
        lease = self.leases[write.process.account]
        held = (lease.owner, lease.epoch) == (write.process.id, write.epoch)
        moved = self.rules.generations and write.generation not in (0, self.generation)
        write.stage, write.refused = Stage.BEGUN, not held or moved
        self.writes.append(write)
        if not held:
            self.die(write.process)

    def commit(self, write: Write) -> None:
        """It takes effect, and the process is told."""
        self.writes.remove(write)
        write.stage = Stage.COMMITTED
        if not write.refused:
            {Kind.APPEND: self._append, Kind.CLAIM: self._claim, Kind.SETTLE: self._settle}[write.kind](write)

    def _append(self, write: Write) -> None:
        if write.number in self.journal:
            return
        self.journal.append(write.number)
        if self.journal != list(range(1, len(self.journal) + 1)):
            raise Violation(f"journal {self.journal}")
        if write.process.alive and write.process.generation == write.generation:
            write.process.queue[1].append(len(self.journal))

    def _claim(self, write: Write) -> None:
        if self.state.get((write.hop, write.number), "waiting") != "waiting":
            return
        if write.hop == 1 and write.generation != self.generation:
            raise Violation(f"{write.number} was claimed by generation {write.generation} of {self.generation}")
        self.state[write.hop, write.number] = "sending"
        if write.process.alive:
            write.process.calls[write.hop] = write.number

    def _settle(self, write: Write) -> None:
        self.state[write.hop, write.number] = "sent"

    def _write(self, process: Process, kind: Kind, hop: int, number: int, stage: Stage) -> None:
        generation = 0 if process.account == SENDER else process.generation
        write = Write(kind, process, process.epoch, generation, hop, number)
        process.writes.append(write)
        if stage >= Stage.BEGUN:
            self.begin(write)
        if stage >= Stage.COMMITTED:
            self.commit(write)

    def _locked(self, account: str) -> bool:
        return self.rules.locks and any(write.process.account == account for write in self.writes)

    # --- helpers

    def bytes_of(self, process: Process) -> None:
        """A platform hears from an owner of a key: never again after it heard from a later one."""
        if process.epoch < self.last_epoch[process.account]:
            raise Violation(f"two owners of {process.account}: {process.epoch}, {self.last_epoch[process.account]}")
        self.last_epoch[process.account] = process.epoch

    def queued(self) -> list[Write]:
        """Writes that wait within processes that run."""
        return [write for process in self.processes if process.runs for write in process.writes]

    def of(self, account: str) -> Iterator[Process]:
        """Processes of an account that live."""
        return (process for process in self.processes if process.account == account and process.alive)

    def _works(self, process: Process) -> bool:
        return process.runs and process.connected and process.generation > 0 and not process.leaving

    def _busy(self, process: Process, kind: Kind, hop: int = 1) -> bool:
        return any(
            write.kind is kind and write.hop == hop and write.process is process
            for write in (*process.writes, *self.writes)
        )

    def _unfinished(self, hop: int) -> list[int]:
        return [seq for seq in range(1, len(self.journal) + 1) if self.state.get((hop, seq)) != "sent"]
