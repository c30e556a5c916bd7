"""What a chat holds: messages, their files, and the changes that made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .settings import DC_ID

# The kinds of entities that messages may hold here.
KINDS = frozenset(
    [
        "bold",
        "italic",
        "underline",
        "strike",
        "spoiler",
        "code",
        "pre",
        "text_url",
        "url",
        "email",
        "phone",
        "mention",
        "mention_name",
        "hashtag",
        "cashtag",
        "bot_command",
        "bank_card",
        "custom_emoji",
        "blockquote",
    ]
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A styled range, in UTF-16 units. `kind` is the TL name in snake case: "bold", "text_url", "pre", ...

    `value` is the URL, the language, the user id or the custom emoji id, where the kind has one.
    """

    kind: str
    offset: int
    length: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be posted, kept in data centre `dc`. A photo is shown as one; anything else is a document."""

    name: str
    mime: str
    data: bytes = field(repr=False)
    photo: bool = False
    spoiler: bool = False
    dc: int = DC_ID


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on the server."""

    id: int
    name: str
    mime: str
    size: int
    photo: bool
    width: int
    height: int
    date: int
    protected: bool = False  # it was first posted in a chat that forbids forwarding
    spoiler: bool = False  # of the message that shows it
    dc: int = DC_ID


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: the text from then on, and when (monotonic and wall clock, milliseconds)."""

    text: str
    at: float
    wall: float


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message, as it is now. Nothing is ever forgotten: a deleted one keeps its text and says so.

    `arrived_at` is monotonic time and `arrived_wall` the wall clock, both in milliseconds; `date` is Unix seconds.
    `author_id` is who really wrote it, even where a channel shows no author; None is the channel itself.
    """

    channel_id: int
    id: int
    date: int
    arrived_at: float
    arrived_wall: float
    text: str = ""
    entities: tuple[Entity, ...] = ()
    author_id: int | None = None
    reply_to: int | None = None
    file: StoredFile | None = None
    group_id: int | None = None
    random_id: int | None = None
    edits: tuple[Edit, ...] = ()
    edited: int | None = None
    deleted: bool = False
    deleted_at: float | None = None
    service: bool = False
    moved: int | None = None  # of a service message: the chat that a basic group became, or was
    garbled: bool = False  # it leaves with something in it that no client of this layer can decode


class ChangeKind(StrEnum):
    """What happened to the messages of a chat."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One step in a chat's history of changes. `pts` is the chat's count after it, `count` how far it moved."""

    channel_id: int
    kind: ChangeKind
    ids: tuple[int, ...]
    pts: int
    count: int
    date: int
