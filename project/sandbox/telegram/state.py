"""Everything one loopback Telegram knows, and who wants to hear of changes."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from project.core.errors import NotFound
from project.sandbox.faults import Counters, FaultBook

from .basic import BasicGroup, BoxChange, Mailbox
from .channels import Channel
from .clock import Clock
from .files import Files
from .flood import Flood
from .grants import Grants
from .hashes import Hashes
from .keys import AuthKeys
from .login import Logins
from .messages import Change
from .qr import LoginTokens
from .settings import Settings
from .swallow import Swallower
from .users import User, bare_phone


class Cut(StrEnum):
    """How a connection is cut."""

    HARD = "hard"  # reset
    HALF_OPEN = "half_open"  # it stays open and nobody answers any more


class Listener(Protocol):
    """Hears of changes, at once and in order. `origin` is the connection that caused one, None for a verb."""

    def changed(self, change: Change, origin: object | None) -> None:
        """Messages were posted, edited or deleted."""

    def membership(self, channel_id: int, user_id: int) -> None:
        """An account's place in a channel changed."""

    def ended(self, user_id: int, key_id: int) -> None:
        """A login of an account ended, or the account itself."""

    def cut(self, user_id: int | None, how: Cut) -> None:
        """The connections of an account, or all, are to be cut."""


class BoxListener(Protocol):
    """Hears of changes in basic groups, once for each account that has a copy."""

    def box_changed(self, user_id: int, change: BoxChange, origin: object | None) -> None:
        """An account's copies were made, edited or deleted."""


@dataclass(slots=True)
class State:
    """The state of the world. Everything runs on one thread."""

    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    faults: FaultBook = field(default_factory=FaultBook)
    swallower: Swallower = field(default_factory=Swallower)
    count: Counters = field(default_factory=Counters)
    users: dict[int, User] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    groups: dict[int, BasicGroup] = field(default_factory=dict)
    boxes: dict[int, Mailbox] = field(default_factory=dict)
    box_listeners: list[BoxListener] = field(default_factory=list)
    logins: Logins = field(default_factory=lambda: Logins(random.Random()))
    files: Files = field(default_factory=Files)
    flood: Flood = field(default_factory=Flood)
    hashes: Hashes = field(default_factory=Hashes)
    keys: AuthKeys = field(default_factory=AuthKeys)
    grants: Grants = field(default_factory=Grants)
    login_tokens: LoginTokens = field(default_factory=LoginTokens)
    logout_tokens: dict[bytes, int] = field(default_factory=dict)  # future_auth_token -> user
    sent: dict[tuple[int, int], tuple[int, int, float]] = field(default_factory=dict)  # random_id -> message
    sent_to_groups: dict[tuple[int, int], tuple[int, int, float]] = field(default_factory=dict)
    invites: dict[str, int] = field(default_factory=dict)
    user_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(6_000_000_001))
    channel_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1_700_000_001))
    basic_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(900_000_001))
    group_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(13_000_000_000_000_001))

    def user(self, user_id: int) -> User:
        """A user or bot. Raises NotFound."""
        if user_id not in self.users:
            raise NotFound(f"There is no Telegram account {user_id}.")
        return self.users[user_id]

    def channel(self, channel_id: int) -> Channel:
        """A channel or supergroup by its bare id. Raises NotFound."""
        if channel_id not in self.channels:
            raise NotFound(f"There is no Telegram channel {channel_id}.")
        return self.channels[channel_id]

    def box(self, user_id: int) -> Mailbox:
        """An account's copies of messages in basic groups."""
        return self.boxes.setdefault(user_id, Mailbox())

    def by_phone(self, phone: str) -> User | None:
        """The user with that number."""
        digits = bare_phone(phone)
        return next((user for user in self.users.values() if user.phone and user.phone == digits), None)

    def by_username(self, username: str) -> User | Channel | None:
        """Who or what has that name, which knows no case."""
        wanted = username.lower()
        holders: list[User | Channel] = [*self.users.values(), *self.channels.values()]
        return next((item for item in holders if item.username and item.username.lower() == wanted), None)
