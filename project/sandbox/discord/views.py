"""What leaves the loopback Discord for those who check it: frozen, complete, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from project.sandbox.discord.model import Attachment, Message


@dataclass(frozen=True, slots=True)
class FileIn:
    """A file to post."""

    name: str
    data: bytes = field(repr=False)
    mime: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BotCreated:
    """A new bot. `id` is its user; applications have their own id."""

    id: int
    token: str = field(repr=False)
    application_id: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An attachment; `size` in bytes."""

    id: int
    name: str
    mime: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredEdit:
    """What an edit changed the text to, and when (monotonic milliseconds)."""

    content: str
    arrived_at: float


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it stands, deleted ones included. Times are monotonic milliseconds.

    `pinged` is whom it pinged over its life: "everyone", "here", "role:<id>", "user:<id>", "reply:<id>".
    `allowed_mentions` is the last request's, as it was sent; None when the request said nothing.
    """

    id: int
    channel_id: int
    author_id: int
    author_name: str
    webhook_id: int | None
    application_id: int | None
    content: str
    nonce: str | int | None
    enforce_nonce: bool
    reference: int | None
    allowed_mentions: object
    pinged: tuple[str, ...]
    files: tuple[StoredFile, ...]
    embeds: int
    edits: tuple[StoredEdit, ...]
    arrived_at: float
    deleted: bool
    deleted_at: float | None


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel; `parent_id` is set for threads."""

    id: int
    guild_id: int
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class DiscordCounters:
    """What was counted so far; `calls` and `errors` by account (bot or webhook id), then by name.

    `invalid_requests` are the answers of 401, 403 and 429 that count towards a ban of the address.
    """

    calls: Mapping[str, Mapping[str, int]]
    errors: Mapping[str, Mapping[str, int]]
    unknown_methods: Mapping[str, int]
    invalid_requests: int
    gateway_connections: int


@dataclass(frozen=True, slots=True)
class UserView:
    """A person or a bot."""

    id: int
    name: str
    is_bot: bool


def stored(message: Message) -> StoredMessage:
    """The view of a message."""
    return StoredMessage(
        id=message.id,
        channel_id=message.channel_id,
        author_id=message.author_id,
        author_name=message.author_name,
        webhook_id=message.webhook_id,
        application_id=message.application_id,
        content=message.content,
        nonce=message.nonce,
        enforce_nonce=message.enforce_nonce,
        reference=message.reference,
        allowed_mentions=message.allowed_mentions,
        pinged=tuple(message.pinged),
        files=tuple(_file(file) for file in message.attachments),
        embeds=len(message.embeds),
        edits=tuple(StoredEdit(edit.content, edit.arrived_at) for edit in message.edits),
        arrived_at=message.arrived_at,
        deleted=message.deleted_at is not None,
        deleted_at=message.deleted_at,
    )


def _file(file: Attachment) -> StoredFile:
    return StoredFile(file.id, file.filename, file.content_type, len(file.data), file.sha256)
