"""The neutral message: what travels between the platforms, and what the journal keeps.

Adapters turn platform objects into a `Message` and back; nothing in between knows a platform's types. Structs, not
dataclasses: several are made for each message, at a tenth of the price (docs/explanation/performance.md).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import structs

SCHEMA = 1


class Style(StrEnum):
    """What a node of the text tree means. TEXT, CODE, PRE and MENTION are leaves; the others have children."""

    TEXT = "text"  # leaf: `text`
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    SPOILER = "spoiler"
    CODE = "code"  # leaf: `text`
    PRE = "pre"  # leaf: `text`, `value` = language or ""
    QUOTE = "quote"  # block
    LINK = "link"  # `value` = URL
    MENTION = "mention"  # leaf: `text` as shown ("@name", "#channel"); never pings; `value` = URL or ""
    HEADING = "heading"  # `value` = "1".."3"


class Node(msgspec.Struct, frozen=True, gc=False):
    """One node of the text tree. Leaves carry `text`, inner nodes `children`."""

    style: Style
    text: str = ""
    value: str = ""
    children: tuple[Node, ...] = ()


RichText = tuple[Node, ...]


def plain_text(nodes: RichText) -> str:
    """The visible text of a tree, without any styling."""
    return "".join(node.text if not node.children else plain_text(node.children) for node in nodes)


class MediaKind(StrEnum):
    """How the platforms show an attachment."""

    PHOTO = "photo"
    DOCUMENT = "document"


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """A file of a message. It is fetched again by (scope, message id) when needed, since file links expire.

    `index` is its place within the message; `size` is in bytes; `url` is set only for Discord's signed links, which
    expire within a day.
    """

    kind: MediaKind
    name: str
    mime: str
    size: int
    index: int = 0
    url: str = ""
    spoiler: bool = False


class Author(msgspec.Struct, frozen=True, gc=False):
    """Who wrote it, as people see it."""

    name: str
    id: int = 0


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of any platform.

    `scope` names the chat whose numbering `message_id` belongs to: "tg:<channel id>" or "dc:<channel id>".
    `date` and `edited` are Unix seconds. `reply_to` is a message id in the same scope. `note` is an honest visible line
    for what we cannot carry (a poll, a sticker, ...).
    """

    scope: str
    message_id: int
    date: int
    text: RichText = ()
    author: Author | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: int | None = None
    group_id: int | None = None
    edited: int | None = None
    note: str = ""


UNREADABLE = "[a message that could not be read]"
PARTLY = "[a part of this message could not be read]"
"""Visible lines for what a platform sends and nobody here understands: it costs itself, never its channel."""


class ProtectedMessage(Message, frozen=True, gc=False):
    """A message whose chat forbids to copy it, as intake sees it; the journal keeps it like any other."""


class EventKind(StrEnum):
    """What happened to a message."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_REPLACEMENT = "\ufffd"


def encode(message: Message) -> str:
    """The journal's JSON form of a message. What cannot be stored is replaced, as `storable` does."""
    return _json(message) or _encoder.encode(_cleaned(message)).decode()


def storable(message: Message) -> Message:
    """The message with U+FFFD for NUL and for halves of surrogate pairs: PostgreSQL and JSON take neither."""
    cleaned: Message = message if _json(message) else _cleaned(message)
    return cleaned


def storable_text(text: str) -> str:
    """As `storable`, for one text."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def _json(message: Message) -> str | None:
    """None when the message has characters that cannot be stored."""
    try:
        text = _encoder.encode(message).decode()
    except UnicodeEncodeError:
        return None
    return None if "\\u0000" in text and _NUL.search(text) else text


def _cleaned(value: Any) -> Any:
    if type(value) is str:
        return storable_text(value)
    if isinstance(value, tuple):
        return tuple(map(_cleaned, value))
    if isinstance(value, Message | Node | Attachment | Author):
        cleaned = {name: _cleaned(getattr(value, name)) for name in value.__struct_fields__}
        return structs.replace(value, **cleaned)
    return value


def decode(payload: str | bytes) -> Message:
    """Inverse of `encode`."""
    return _decoder.decode(payload)
