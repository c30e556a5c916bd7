"""Who takes what intake journals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pairs.journal.rows import NewEvent, StoredEvent


class Takers(Protocol):
    """The lanes, as intake sees them."""

    def prepare(self, events: Sequence[NewEvent]) -> list[NewEvent]:
        """Events about to be journaled, with the parts of those that go out at once."""
        ...

    def offer(self, events: Sequence[StoredEvent]) -> None:
        """Events just journaled."""
        ...
