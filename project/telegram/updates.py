"""What a source tells us. Order within one chat is the order of arrival."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.message import Message


def chat_scope(chat_id: int) -> str:
    """The journal's name of a channel's or supergroup's numbering, from its bare positive id."""
    return f"tg:{chat_id}"


def message_url(scope: str, message_id: int) -> str:
    """Where the members of a channel or supergroup find a message. Source: Telegram's "Deep links", private message
    links."""
    return f"https://t.me/c/{scope.removeprefix('tg:')}/{message_id}"


@dataclass(frozen=True, slots=True)
class Posted:
    """A new message."""

    message: Message


@dataclass(frozen=True, slots=True)
class Edited:
    """A message changed. It also comes when only reactions or counters changed: compare the content."""

    message: Message


@dataclass(frozen=True, slots=True)
class Deleted:
    """Messages were removed for everybody."""

    scope: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Updates may have been missed in `scope`, or in every chat (None). Read the history, then trust live updates."""

    scope: str | None


Update = Posted | Edited | Deleted | Gap
