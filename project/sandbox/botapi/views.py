"""What a person sees of a chat with a bot; these leave by the control API."""

from __future__ import annotations

from dataclasses import dataclass

from project.sandbox.telegram.files import Files

from .markup import to_html
from .model import ChatMessage


@dataclass(frozen=True, slots=True)
class BotMessage:
    """One message. `buttons` are rows of labels, `photo` is the picture, `file` names a document, `edited` counts."""

    id: int
    from_bot: bool
    text: str
    html: str
    buttons: tuple[tuple[str, ...], ...]
    photo: bytes | None
    file: str
    edited: int
    deleted: bool


@dataclass(frozen=True, slots=True)
class Forward:
    """What a person forwards: a message of a channel or supergroup, or with `user_id` alone words of somebody.

    `hidden`: the author allows no link to the account.
    """

    chat_id: int = 0
    message_id: int = 0
    user_id: int = 0
    hidden: bool = False


def seen(bot_id: int, message: ChatMessage, files: Files) -> BotMessage:
    """The view of a message."""
    content = message.content
    photo = files.data(content.file.id) if content.file and content.file.photo else None
    return BotMessage(
        message.id,
        message.author_id == bot_id,
        content.text,
        to_html(content.text, content.entities),
        tuple(tuple(button.text for button in row) for row in content.keyboard),
        photo,
        content.file.name if content.file and not content.file.photo else "",
        message.edits,
        message.deleted,
    )
