"""What `AdvancedSessionManager` answers: frozen results, true when it went well; a `Failure` is false."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Failure:
    """Nothing was done. `reason` is for people, `hint` says what to do next; `problems` lists all that is wrong."""

    reason: str
    hint: str = ""
    problems: tuple[str, ...] = ()

    def __bool__(self) -> Literal[False]:
        return False


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A session. `pairs` counts its living pairs, `groups` how many each worker group has (by number).

    `account` is its phone number, masked; `node` is empty while nobody runs it; `lag` is in seconds. `warnings` are
    words of doubt about what was just done.
    """

    id: int
    name: str
    account: str
    lifecycle: str
    health: str
    reason: str
    priority: int
    pairs: int
    max_pairs: int
    node: str
    worker: str
    groups: Mapping[int, int]
    lag: float
    last_check: datetime | None
    last_change: datetime | None
    metadata: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    @property
    def utilisation(self) -> float:
        """Share of its seats that is taken, 0 to 1 and above."""
        return self.pairs / self.max_pairs


@dataclass(frozen=True, slots=True)
class Sessions:
    """All living sessions, by name. True even when there is none."""

    sessions: tuple[SessionStatus, ...]

    def __bool__(self) -> Literal[True]:
        return True

    def __len__(self) -> int:
        return len(self.sessions)

    def __iter__(self) -> Iterator[SessionStatus]:
        return iter(self.sessions)


@dataclass(frozen=True, slots=True)
class LoginProgress:
    """How far a login is. `step`: "code_sent", "password_needed" or "done". `told` says what to do, for people."""

    name: str
    step: str
    delivery: str
    code_length: int | None
    told: str

    @property
    def done(self) -> bool:
        """Whether the session is logged in."""
        return self.step == "done"


@dataclass(frozen=True, slots=True)
class Verified:
    """The session passed a check that was made for this. `access`: by pair, what its source is to the session
    ("member", "guest", "banned", "protected", "unknown"), as last seen."""

    name: str
    health: str
    reason: str
    at: datetime
    access: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Reassigned:
    """`moved` change hands within seconds; `already` were there. `refused` (with `partly`): id and reason of the rest.

    `operation` is None when nothing had to move.
    """

    target: str
    moved: tuple[int, ...]
    already: tuple[int, ...]
    refused: Mapping[int, str]
    warnings: tuple[str, ...]
    operation: int | None


@dataclass(frozen=True, slots=True)
class Optimal:
    """The session for a new pair, and why (`answer`). `others` are the next best; `refused`: the rest, and why not."""

    name: str
    priority: int
    free: int
    answer: str
    others: tuple[str, ...]
    refused: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deleted session. `moved`: its pairs that went elsewhere; `parked`: those that fit nowhere, with the reason."""

    name: str
    logged_out: bool
    moved: tuple[int, ...]
    parked: Mapping[int, str]
    note: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers of the installation. `sessions` by health, `pairs` by status; `seats` are those of usable sessions."""

    sessions: Mapping[str, int]
    pairs: Mapping[str, int]
    seats: int
    seats_taken: int
    nodes: int
    waiting: int
    dead_letters: int
