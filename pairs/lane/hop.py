"""What a lane asks of the side it delivers to."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

import msgspec

from pairs.journal.rows import AnyEvent, PartClaim, StoredEvent
from pairs.lane.config import PairConfig


class Attempt(Enum):
    """What is known about earlier attempts at a part."""

    FIRST = auto()  # certainly not there yet
    KEYED = auto()  # it may be there; the same identity made the key a short time ago, so the platform tells
    UNSURE = auto()  # it may be there and the key is worth nothing any more: look before sending


class CopyGone(Exception):
    """Somebody deleted the copy that a part was to be added to: a delete is final, and nothing is posted."""


class Plan(msgspec.Struct, frozen=True):
    """What a hop does about an event. No parts: skipped, and `reason` says why."""

    parts: tuple[PartClaim, ...] = ()
    reason: str = ""


class Hop(Protocol):
    """One side: Discord (1) or the destination chat (2)."""

    @property
    def number(self) -> int:
        """1 or 2."""
        ...

    def key_lifetime(self, pair: PairConfig) -> float:
        """Seconds for which the platform recognises a repeated key; 0 where nothing tells a repeat."""
        ...

    def account(self, pair: PairConfig) -> str:
        """Whose lease has to hold."""
        ...

    def identity(self, pair: PairConfig) -> str:
        """Who sends: a key of another identity is worth nothing."""
        ...

    def pause(self, pair: PairConfig) -> float:
        """Seconds to wait before the next post, as far as is known here."""
        ...

    def wait_keys(self, pair: PairConfig, part: PartClaim) -> tuple[str, ...]:
        """Keys of the waits (RetryLater's scopes) that the part's calls belong to."""
        ...

    def plan_at_once(self, pair: PairConfig, event: AnyEvent) -> Plan | None:
        """As `plan`, of a new message that needs nothing from the journal; None for others."""
        ...

    async def plan(self, pair: PairConfig, event: StoredEvent) -> Plan:
        """The parts of an event, rendered for good."""
        ...

    async def look(self, pair: PairConfig, event: StoredEvent, part: PartClaim) -> int | None:
        """The remote id of a post that stands though no answer told so; None when none is found."""
        ...

    async def perform(self, pair: PairConfig, event: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        """Carries one part out; its remote id, None when it is surely done but the id cannot be found, or when what was
        to be deleted was gone already. Raises CopyGone where an edit would add a post to a copy that somebody deleted,
        or a part of it."""
        ...
