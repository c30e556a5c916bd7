"""What happens to messages of a channel."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.message import Message


@dataclass(frozen=True, slots=True)
class Post:
    """A message by a person, another bot, or the webhook `webhook_id`."""

    message: Message
    webhook_id: int | None


@dataclass(frozen=True, slots=True)
class Edit:
    """The message as it reads now."""

    message: Message
    webhook_id: int | None


@dataclass(frozen=True, slots=True)
class Delete:
    """Messages that are gone."""

    message_ids: tuple[int, ...]


Act = Post | Edit | Delete
