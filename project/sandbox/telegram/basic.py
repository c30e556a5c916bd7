"""Basic groups (https://core.telegram.org/api/channel#basic-groups): every member has own copies under own numbers.

An account numbers all messages of its basic groups in one row, and counts their changes in one pts of its own.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from .channels import Role
from .messages import ChangeKind, StoredMessage


@dataclass(frozen=True, slots=True)
class BoxChange:
    """One step in an account's history of changes; `ids` are the account's own."""

    group_id: int
    kind: ChangeKind
    ids: tuple[int, ...]
    pts: int
    count: int
    date: int


@dataclass(slots=True)
class Mailbox:
    """An account's copies: its number of each message, and what happened to them."""

    pts: int = 1
    last_id: int = 0
    places: dict[int, tuple[int, int]] = field(default_factory=dict)  # own number -> group, message
    changes: list[BoxChange] = field(default_factory=list)

    def take(self, group_id: int, message_id: int) -> int:
        """The next number, given to a message."""
        self.last_id += 1
        self.places[self.last_id] = (group_id, message_id)
        return self.last_id

    def record(self, group_id: int, kind: ChangeKind, ids: tuple[int, ...], date: int) -> BoxChange:
        """Counts a change: deletions by as many as were deleted."""
        self.pts += len(ids)
        change = BoxChange(group_id, kind, ids, self.pts, len(ids), date)
        self.changes.append(change)
        return change

    def changes_after(self, pts: int) -> list[BoxChange]:
        """Everything after `pts`."""
        return self.changes[bisect.bisect_right(self.changes, pts, key=lambda change: change.pts) :]


@dataclass(slots=True)
class BasicGroup:
    """A basic group. Its messages have numbers of their own that nobody sees; `copies` leads to the members' ones."""

    id: int
    title: str
    date: int
    creator: int
    roles: dict[int, Role] = field(default_factory=dict)
    messages: dict[int, StoredMessage] = field(default_factory=dict)
    copies: dict[int, dict[int, int]] = field(default_factory=dict)  # message -> account -> its number
    alive: dict[int, list[int]] = field(default_factory=dict)  # account -> its numbers, ascending
    moved_to: int | None = None
    protected: bool = False
    version: int = 1

    def is_member(self, user_id: int) -> bool:
        """Whether the account is in the group."""
        return self.roles.get(user_id) in (Role.MEMBER, Role.ADMIN)

    @property
    def members(self) -> list[int]:
        """Everybody in the group."""
        return [user_id for user_id in self.roles if self.is_member(user_id)]

    def seen_by(self, user_id: int, message: StoredMessage) -> int | None:
        """An account's number of a message, None when it never got it."""
        return self.copies[message.id].get(user_id)

    def newest(self, user_id: int) -> int:
        """An account's newest number here, 0 without one."""
        numbers = self.alive.get(user_id)
        return numbers[-1] if numbers else 0

    def put(self, message: StoredMessage, numbers: Iterable[tuple[int, int]]) -> None:
        """Keeps a new message with the numbers that its readers gave it."""
        self.messages[message.id] = message
        self.copies[message.id] = dict(numbers)
        for user_id, number in self.copies[message.id].items():
            self.alive.setdefault(user_id, []).append(number)
