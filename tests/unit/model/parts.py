"""What the model consists of: leases, processes, writes; and the rules of which one may be left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

TTL = 15  # seconds a lease lasts
FENCE = 12  # seconds after which the kernel's timer ends a process that could not renew
RENEW = 4

SESSIONS = ("A", "B")
SENDER = "S"
HOPS = (1, 2)


class Violation(AssertionError):
    """Something happened that never may."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of the product; each can be broken, to see that it is needed."""

    locks: bool = True  # a write locks the lease and the assignment until it is committed
    waits: bool = True  # the new owner of an expired lease waits the TTL on its own clock
    arms_first: bool = True  # the kernel's timer runs before the first connection
    generations: bool = True  # a session's writes check the pair's generation
    drains: bool = True  # a pair is given away only when no call for it is under way
    reports: bool = True  # a lease is freed when its process was waited for, not when it was told to end
    own_clock: bool = True  # control forces by its own clock, not by the database's


class Stage(IntEnum):
    """How far a write is."""

    QUEUED = 0  # in the process; dies with it
    BEGUN = 1  # in the database; ends there whatever becomes of the process
    COMMITTED = 2


class Kind(StrEnum):
    """What a write does."""

    APPEND = "append"  # number the next source message
    CLAIM = "claim"  # `sending`, before the call
    SETTLE = "settle"  # `sent`, after it


@dataclass(slots=True)
class Lease:
    """By the database's clock."""

    owner: int = -1
    epoch: int = 0
    expires: int = 0
    ready: int = 0
    released: bool = True


@dataclass(slots=True)
class Process:
    """A worker of one account. `queue` is its lanes' memory, by hop; `calls` are `sending`, with no byte sent yet."""

    id: int
    account: str
    epoch: int = 0
    connects_at: int = 0
    deadline: int | None = None
    alive: bool = True
    frozen: bool = False
    connected: bool = False
    told_to_end: bool = False
    generation: int = 0  # of the pair as it was loaded; 0: the pair is not worked here
    leaving: bool = False
    read: int = 0  # the last source message that was handed to the journal
    queue: dict[int, list[int]] = field(default_factory=lambda: {hop: [] for hop in HOPS})
    calls: dict[int, int] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether it can do anything."""
        return self.alive and not self.frozen


@dataclass(slots=True, eq=False)
class Write:
    """One fenced statement."""

    kind: Kind
    process: Process
    epoch: int
    generation: int
    hop: int
    number: int
    stage: Stage = Stage.QUEUED
    refused: bool = False
