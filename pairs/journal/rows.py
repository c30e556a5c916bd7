"""What goes into the journal and what comes out of it.

What each message needs is a struct: making a frozen dataclass of this size costs ten times as much (measured).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from pairs.models.delivery import Act, HopState
from project.core.message import EventKind, Message

BOTH_HOPS = 3
ONLY_HOP_2 = 2
AGAIN = "again"
"""In place of a key: the row is to be planned once more though its message went out, since a person asked for it."""

WAS_GONE = "was gone"
"""Reason of a delete that found nothing to delete at its first attempt: somebody else had deleted the post."""


class PartClaim(msgspec.Struct, frozen=True, gc=False):
    """One part about to be sent: what is committed as `sending` before the call."""

    part: int
    act: Act
    source_message: int
    rendered: str
    key: str
    target: int | None = None


class FirstParts(msgspec.Struct, frozen=True, gc=False):
    """Hop 1's parts of an event whose lane would send it at once, and who would: they are journaled as `sending`."""

    identity: str
    parts: tuple[PartClaim, ...]


class NewEvent(msgspec.Struct, frozen=True, gc=False):
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
    tell: str | None = None
    first: FirstParts | None = None

    @property
    def revision(self) -> int:
        """Of a new message; that of an edit only the journal knows."""
        return 0

    @property
    def again(self) -> int:
        """Nothing new is sent again."""
        return 0


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """An event with its number. `claimed` are its hop-1 parts when they were journaled as `sending`; `again` counts the
    copies that a person asked for though it went out before."""

    id: int
    pair_id: int
    seq: int
    scope: str
    message_id: int
    revision: int
    kind: EventKind
    hops: int
    message: Message | None
    claimed: tuple[PartClaim, ...] = ()
    again: int = 0


AnyEvent = NewEvent | StoredEvent


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of events: those stored, numbered; and the pairs that are not ours any more."""

    stored: tuple[StoredEvent, ...]
    refused: frozenset[int]


@dataclass(frozen=True, slots=True)
class DueRow:
    """An unfinished delivery row as a lane loads it. `age` is seconds since its last attempt, None before the first;
    `tries` are attempts that the platform did not decide about, the first of them `troubled` seconds ago; `overtaken`
    when a later event on the same hop makes sending it pointless."""

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
    replays: int = 0  # how often it was a dead letter sent again; its event then carries the newest content
    overtaken: bool = False
    troubled: float | None = None
    reason: str = ""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """All parts of one event on one hop. `account` is whose lease must hold; `generation` is checked on hop 1."""

    event_id: int
    pair_id: int
    seq: int
    hop: int
    account: str
    generation: int | None
    identity: str
    parts: tuple[PartClaim, ...] = ()


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one part. `wait` is seconds until the next try when it is not finished, `tries` and `troubled` are
    as in DueRow; `tell` is the account whose process works the next hop, when that is another process."""

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
    troubled: float | None = None
    wait: float | None = None
    tell: str | None = None


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one commit of a lane holds: what became of parts, and what is about to be sent next."""

    outcomes: tuple[Outcome, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A post of ours: which part shows which source message under which remote id."""

    part: int
    remote_id: int
    source_message: int
    rendered: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the tables saw: a stamp of the pairs' settings, seconds until an inbox row can be taken (None:
    there is none), and the lanes (pair, hop) with unfinished rows."""

    stamp: str
    inbox: float | None
    due: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a deleted message of a Discord channel is to us: `origin` (scope, id) when one of our posts shows that;
    `known` when it was journaled itself; `by_us` whether it was us who deleted it, None while our call is open."""

    origin: tuple[str, int] | None
    known: bool
    by_us: bool | None = False
