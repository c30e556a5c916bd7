"""Which messages were edited or deleted behind what a lane still has to send."""

from __future__ import annotations

from dataclasses import dataclass

from pairs.journal.rows import StoredEvent
from project.core.message import EventKind

MOST = 5000  # messages remembered per lane


@dataclass(slots=True)
class _Latest:
    edit: int = 0  # seq
    delete: int = 0


class Overtaking:
    """Edits come down to the last one, and a delete makes whatever stands before it pointless."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, int], _Latest] = {}

    def note(self, event: StoredEvent) -> bool:
        """An event was journaled. False when that was too much to remember, and all is forgotten."""
        if event.kind is EventKind.CREATE:
            return True
        if len(self._latest) >= MOST:
            self._latest.clear()
            return False
        latest = self._latest.setdefault(_name(event), _Latest())
        if event.kind is EventKind.EDIT:
            latest.edit = max(latest.edit, event.seq)
        else:
            latest.delete = max(latest.delete, event.seq)
        return True

    def overtaken(self, event: StoredEvent) -> bool:
        """Whether what was noted makes sending the event pointless."""
        latest = self._latest.get(_name(event)) if self._latest else None
        if latest is None or event.kind is EventKind.DELETE:
            return False
        later = latest.delete if event.kind is EventKind.CREATE else max(latest.edit, latest.delete)
        return later > event.seq

    def done(self, event: StoredEvent) -> None:
        """The lane is through with an event."""
        if event.kind is EventKind.CREATE:
            return
        latest = self._latest.get(_name(event))
        if latest is not None and event.seq >= max(latest.edit, latest.delete):
            del self._latest[_name(event)]


def _name(event: StoredEvent) -> tuple[str, int]:
    return event.scope, event.message_id
