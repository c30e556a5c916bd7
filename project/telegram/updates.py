"""What a source tells us. Order within one chat is the order of arrival."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.message import Message


def counts_per_account(chat_id: int) -> bool:
    """Whether every account has its own message ids there: in basic groups, whose ids are negative as Telegram's apps
    write them; channels and supergroups have bare positive ones. Source: https://core.telegram.org/api/channel."""
    return chat_id < 0


def chat_scope(chat_id: int, account: str) -> str:
    """The journal's name of a chat's numbering, as `account` ("session.7") sees it."""
    return f"tg:{chat_id}@{account}" if counts_per_account(chat_id) else f"tg:{chat_id}"


def chat_of(scope: str) -> int:
    """The chat of a scope."""
    return int(scope.removeprefix("tg:").partition("@")[0])


def account_of(scope: str) -> str:
    """Whose message ids a scope's are; "" where they are everybody's."""
    return scope.partition("@")[2]


def message_url(scope: str, message_id: int) -> str:
    """Where the members of a channel or supergroup find a message; "" in basic groups, where links do not exist.
    Source: Telegram's "Deep links", private message links."""
    chat_id = chat_of(scope)
    return "" if counts_per_account(chat_id) else f"https://t.me/c/{chat_id}/{message_id}"


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
    """Messages were removed for everybody. `scope` is None when Telegram does not say where: then they are of a chat
    whose message ids are the account's own, which makes them unique in all of these."""

    scope: str | None
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Updates may have been missed in `scope`, or in every chat (None). Read the history, then trust live updates."""

    scope: str | None


Update = Posted | Edited | Deleted | Gap
