"""What we send to Discord and what it tells us, without any library's types."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import msgspec

from project.core.secret import Secret

EPOCH_MS = 1_420_070_400_000
MESSAGE_CONTENT = 1 << 18
MESSAGE_CONTENT_LIMITED = 1 << 19


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook's id and its bearer token; `thread_id` when it posts into a thread of its channel."""

    id: int
    token: Secret
    thread_id: int | None = None

    def __hash__(self) -> int:
        """Routes are looked up by it for every post; its fields' own hash is five calls."""
        return self.id


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file to upload. `chunks` starts a new stream of exactly `size` bytes each time it is called."""

    name: str
    mime: str
    size: int
    chunks: Callable[[], AsyncIterator[bytes]]


class Post(msgspec.Struct, frozen=True):
    """One message as it shall look.

    `username` is for webhooks only, `reply_to` and `nonce` (<= 25 characters) for the bot only. In an edit,
    `files` replace those there were; without any, those stay, and `had_files=False` (the message never had
    one) spares the request that looks for them. `bare` makes the content of what stands, when that turns out to
    have no file.
    """

    content: str
    username: str = ""
    files: tuple[FilePart, ...] = ()
    reply_to: int | None = None
    nonce: str = ""
    had_files: bool = True
    bare: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in a channel. `attachments` is their number."""

    id: int
    author_id: int
    webhook_id: int | None
    content: str
    nonce: str
    attachments: int


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel (or thread) and where it is. `kind` is Discord's channel type."""

    id: int
    name: str
    guild_id: int | None
    kind: int


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """Where a webhook posts. `application_id` is None for one that a person made."""

    channel_id: int
    guild_id: int | None
    application_id: int | None


@dataclass(frozen=True, slots=True)
class BotInfo:
    """The bot behind the token. `flags` are the application's, which tell the privileged intents.

    `servers` is roughly how many it is on; None when Discord does not tell (Application, approximate_guild_count).
    """

    id: int
    name: str
    application_id: int
    flags: int
    servers: int | None = None

    @property
    def reads_content(self) -> bool:
        """Whether the Message Content intent is switched on in the developer portal."""
        return bool(self.flags & (MESSAGE_CONTENT | MESSAGE_CONTENT_LIMITED))


def snowflake(unix_seconds: float) -> int:
    """The smallest id that Discord can have given at that time: `recent(after_id=...)` from a moment on.

    Source: Discord's reference, "Snowflake IDs in Pagination".
    """
    return max(0, int(unix_seconds * 1000) - EPOCH_MS) << 22
