"""What the loopback Discord holds. Internal and mutable; `views` has what leaves through the control API."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from project.sandbox.discord.permissions import ALL, Permission

TEXT_CHANNEL = 0
PUBLIC_THREAD = 11


@dataclass(slots=True)
class User:
    """A person or a bot's account."""

    id: int
    name: str
    is_bot: bool = False


@dataclass(slots=True)
class Bot:
    """An application with its bot user. Their ids differ, as with older applications."""

    id: int
    application_id: int
    name: str
    token: str = field(repr=False)
    message_content: bool = True
    members_intent: bool = False
    presences_intent: bool = False
    everywhere: bool = True  # a member of each guild, those to come included
    identifies: int = 0


@dataclass(slots=True)
class Guild:
    """A server."""

    id: int
    name: str
    owner_id: int
    role_ids: dict[int, int] = field(default_factory=dict)  # bot id -> its managed role
    bots: set[int] = field(default_factory=set)
    channels: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Attachment:
    """A file of a message."""

    id: int
    filename: str
    content_type: str
    data: bytes = field(repr=False)
    description: str = ""

    @property
    def sha256(self) -> str:
        """Digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class Edit:
    """One state that a message was edited to; `arrived_at` in monotonic milliseconds."""

    content: str
    arrived_at: float


@dataclass(slots=True)
class Message:
    """A message; it stays when deleted, marked. Times are monotonic milliseconds."""

    id: int
    channel_id: int
    author_id: int
    author_name: str
    content: str
    arrived_at: float
    author_is_bot: bool = False
    webhook_id: int | None = None
    application_id: int | None = None
    avatar_url: str = ""
    nonce: str | int | None = None
    enforce_nonce: bool = False
    reference: int | None = None
    allowed_mentions: object = None
    pinged: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[object] = field(default_factory=list)
    flags: int = 0
    edits: list[Edit] = field(default_factory=list)
    deleted_at: float | None = None
    overrides: dict[str, object] = field(default_factory=dict)  # stand in its JSON instead of what it has
    without: frozenset[str] = frozenset()  # fields that its JSON lacks


@dataclass(slots=True)
class Channel:
    """A text channel, or a thread of one."""

    id: int
    guild_id: int
    name: str
    kind: int = TEXT_CHANNEL
    parent_id: int | None = None
    permissions: dict[int, frozenset[Permission]] = field(default_factory=dict)  # bot id -> its rights
    messages: dict[int, Message] = field(default_factory=dict)  # by id, which is also by time

    def allowed(self, bot_id: int) -> frozenset[Permission]:
        """Rights of a member bot here."""
        return self.permissions.get(bot_id, ALL)


@dataclass(slots=True)
class Webhook:
    """An incoming webhook. `application_id` is set when a bot made it."""

    id: int
    channel_id: int
    guild_id: int
    name: str
    token: str = field(repr=False)
    application_id: int | None = None
    creator_id: int | None = None
    avatar: str | None = None
