"""Channels and supergroups: members, messages under the chat's own ids, and its count of changes (pts)."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from .messages import Change, ChangeKind, StoredMessage


class Role(StrEnum):
    """What an account is in a channel."""

    ADMIN = "admin"
    MEMBER = "member"
    BANNED = "banned"


@dataclass(slots=True)
class Channel:
    """A broadcast channel or a supergroup."""

    id: int
    title: str
    date: int
    megagroup: bool = False
    username: str | None = None
    protected: bool = False
    signatures: bool = False
    slowmode: int = 0
    roles: dict[int, Role] = field(default_factory=dict)
    messages: dict[int, StoredMessage] = field(default_factory=dict)
    alive: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    pts: int = 1
    last_id: int = 0
    garble_next: bool = False  # of its next post nobody can decode a part
    version: int = 0  # moves when what members see of the channel itself changes

    def is_member(self, user_id: int) -> bool:
        """Whether the account belongs to the channel."""
        return self.roles.get(user_id) in (Role.MEMBER, Role.ADMIN)

    def is_admin(self, user_id: int) -> bool:
        """Whether the account is an administrator, with all rights."""
        return self.roles.get(user_id) is Role.ADMIN

    @property
    def members(self) -> list[int]:
        """The ids of everybody who belongs to the channel."""
        return [user_id for user_id, role in self.roles.items() if role is not Role.BANNED]

    def set_role(self, user_id: int, role: Role | None) -> None:
        """Gives an account a place, or none."""
        self.roles.pop(user_id, None)
        if role is not None:
            self.roles[user_id] = role
        self.version += 1

    def newest(self) -> StoredMessage | None:
        """The newest message that was not deleted."""
        return self.messages[self.alive[-1]] if self.alive else None

    def get(self, message_id: int) -> StoredMessage | None:
        """A message that exists; None when it never did or was deleted."""
        found = self.messages.get(message_id)
        return None if found is None or found.deleted else found

    def put(self, messages: Iterable[StoredMessage]) -> None:
        """Stores new messages, whose ids follow the last."""
        for message in messages:
            self.messages[message.id] = message
            self.alive.append(message.id)
            self.last_id = message.id

    def forget(self, message_id: int) -> None:
        """Takes a deleted message out of the history that members see."""
        place = bisect.bisect_left(self.alive, message_id)
        if place < len(self.alive) and self.alive[place] == message_id:
            del self.alive[place]

    def record(self, kind: ChangeKind, ids: tuple[int, ...], date: int) -> Change:
        """Counts a change; deletions move pts by as many as were deleted, everything else by one."""
        count = len(ids)
        self.pts += count
        change = Change(self.id, kind, ids, self.pts, count, date)
        self.changes.append(change)
        return change

    def changes_after(self, pts: int) -> list[Change]:
        """Everything that happened after `pts`."""
        return self.changes[bisect.bisect_right(self.changes, pts, key=lambda change: change.pts) :]
