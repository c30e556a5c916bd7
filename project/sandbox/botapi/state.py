"""Everything that one bot keeps on the Bot API's side."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import ChatMessage, Command, Keyboard, Toast

PRESS_LIFETIME = 60.0  # seconds in which a press can be answered
_MOST_PENDING = 100_000
# What getUpdates leaves out unless asked (https://core.telegram.org/bots/api#getupdates).
_UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True)
class PrivateChat:
    """A user's chat with a bot. The user began it, or there is none."""

    user_id: int
    blocked: bool = False
    messages: dict[int, ChatMessage] = field(default_factory=dict)
    toasts: list[Toast] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Press:
    """An open callback query. `at` is monotonic, in seconds."""

    user_id: int
    at: float


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose menu a list of commands is (https://core.telegram.org/bots/api#botcommandscope)."""

    kind: str = "default"
    chat_id: int = 0
    user_id: int = 0
    language: str = ""


@dataclass(slots=True)
class BotBox:
    """A bot's updates, chats, open presses and menus. `reached` says that its token was ever used here."""

    bot_id: int
    reached: bool = False
    chats: dict[int, PrivateChat] = field(default_factory=dict)
    last_id: int = 0  # message ids of private chats are counted per account
    updates: deque[dict[str, Any]] = field(default_factory=deque)
    update_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(100_000_001))
    allowed: frozenset[str] = frozenset()
    poll: asyncio.Future[bool] | None = None  # True: something came; False: another poll took over
    presses: dict[str, Press] = field(default_factory=dict)
    menus: dict[Scope, tuple[Command, ...]] = field(default_factory=dict)
    keyboards: dict[tuple[int, int], Keyboard] = field(default_factory=dict)  # of messages in groups
    paths: dict[str, int] = field(default_factory=dict)

    def wants(self, kind: str) -> bool:
        """Whether new updates of this kind are kept."""
        return kind in self.allowed if self.allowed else kind not in _UNASKED

    def put(self, kind: str, payload: Mapping[str, Any]) -> None:
        """One more update; a waiting getUpdates learns of it."""
        if not self.wants(kind):
            return
        if len(self.updates) >= _MOST_PENDING:
            self.updates.popleft()
        self.updates.append({"update_id": next(self.update_ids), kind: payload})
        self.wake(came=True)

    def wake(self, *, came: bool) -> None:
        """Ends a waiting getUpdates: something came, or it has to give way."""
        if self.poll is not None and not self.poll.done():
            self.poll.set_result(came)

    def press(self, query: str, press: Press) -> None:
        """One more press; those that can no longer be answered are forgotten."""
        open_ones = {name: item for name, item in self.presses.items() if press.at - item.at <= PRESS_LIFETIME}
        self.presses = open_ones | {query: press}

    def toast(self, user_id: int, text: str, *, alert: bool) -> None:
        """What a user is shown after a press."""
        self.chats[user_id].toasts.append(Toast(text, alert))

    def confirm(self, offset: int) -> None:
        """Forgets updates below `offset`; a negative one keeps that many of the newest."""
        if offset < 0:
            while len(self.updates) > -offset:
                self.updates.popleft()
            return
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
