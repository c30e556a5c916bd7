"""What goes into the journal and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pairs.models.delivery import Act, HopState
from project.core.message import EventKind, Message

BOTH_HOPS = 3
ONLY_HOP_2 = 2


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as intake hands it over. `hops` is a bit mask; `cursor_to` moves the pair's cursor, if set."""

    pair_id: int
    generation: int
    scope: str
    message_id: int
    kind: EventKind
    content_hash: bytes
    message: Message | None
    edited: int = 0
    cursor_to: int | None = None
    hops: int = BOTH_HOPS
    inbox_id: int | None = None
    wake: str | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its number."""

    id: int
    pair_id: int
    seq: int
    scope: str
    message_id: int
    revision: int
    kind: EventKind
    hops: int
    message: Message | None


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of events: those stored, numbered; and the pairs that are not ours any more."""

    stored: tuple[StoredEvent, ...]
    refused: frozenset[int]


@dataclass(frozen=True, slots=True)
class DueRow:
    """An unfinished delivery row as a lane loads it. `age` is seconds since its last attempt, None before the first."""

    event: StoredEvent
    part: int
    act: Act
    state: HopState
    source_message: int
    rendered: str | None
    key: str
    identity: str
    age: float | None
    tries: int
    wait: float
    remote_id: int | None
    hop1_open: bool


@dataclass(frozen=True, slots=True)
class PartClaim:
    """One part about to be sent: what is committed as `sending` before the call."""

    part: int
    act: Act
    source_message: int
    rendered: str
    key: str
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """All parts of one event on one hop. `account` is whose lease must hold; `generation` is checked on hop 1."""

    event_id: int
    pair_id: int
    seq: int
    hop: int
    account: str
    generation: int | None
    identity: str
    parts: tuple[PartClaim, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one part. `wait` is seconds until the next try when it is not finished; `wake` the account whose
    process works the next hop, when that is another process."""

    event_id: int
    pair_id: int
    hop: int
    part: int
    account: str
    generation: int | None
    state: HopState
    remote_id: int | None = None
    reason: str = ""
    tries: int = 0
    wait: float | None = None
    wake: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A post of ours: which part shows which source message under which remote id."""

    part: int
    remote_id: int
    source_message: int
    rendered: str | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a message of a Discord channel is to us: `origin` (scope, id) when one of our posts shows that; `known` when
    it was journaled itself."""

    origin: tuple[str, int] | None
    known: bool
