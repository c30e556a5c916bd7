"""What bots' chats hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from project.sandbox.telegram.messages import Entity, StoredFile


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it sends `data` to the bot, or opens `url`."""

    text: str
    data: str = ""
    url: str = ""


Keyboard = tuple[tuple[Button, ...], ...]


class OriginKind(StrEnum):
    """Where a forwarded message came from (https://core.telegram.org/bots/api#messageorigin)."""

    USER = "user"
    HIDDEN_USER = "hidden_user"
    CHAT = "chat"  # an anonymous administrator of a group
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Origin:
    """The first place of a forwarded message. Only posts of channels keep their number. `chat_id` is bare."""

    kind: OriginKind
    date: int
    user_id: int = 0
    name: str = ""
    chat_id: int = 0
    message_id: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What a message shows."""

    text: str = ""
    entities: tuple[Entity, ...] = ()
    file: StoredFile | None = None
    keyboard: Keyboard = ()


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message as it is now; deleted ones stay and say so. `author_id` None is the chat itself; `at` is in Unix
    milliseconds, `date` and `edited` are in Unix seconds."""

    id: int
    date: int
    at: float
    author_id: int | None
    content: Content
    reply_to: int | None = None
    origin: Origin | None = None
    edited: int | None = None
    edits: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A line of a bot's menu."""

    command: str
    description: str


@dataclass(frozen=True, slots=True)
class Toast:
    """What a bot answered to a press."""

    text: str
    alert: bool
