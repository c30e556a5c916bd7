"""discord.py's message as the neutral one. Imported by the listener's process only: discord.py is large."""

from __future__ import annotations

from collections.abc import Iterator

import discord

from project.core.logs import get_logger
from project.core.message import Attachment, Author, MediaKind, Message
from project.discord import markdown

log = get_logger(__name__)

STILL = frozenset({"image/png", "image/jpeg", "image/webp"})


def neutral(message: discord.Message) -> Message:
    """What the relay carries of a message; `note` says honestly what it cannot. Never fails."""
    try:
        return _neutral(message)
    except Exception:
        # A message that breaks the conversion would break it again: it must show, and not stop the channel.
        log.exception("a message could not be converted", channel=message.channel.id, message=message.id)
    return Message(
        scope=f"dc:{message.channel.id}",
        message_id=message.id,
        date=int(message.created_at.timestamp()),
        author=Author(message.author.display_name, message.author.id),
        note="[a message that could not be read]",
    )


def _neutral(message: discord.Message) -> Message:
    shown: discord.Message | discord.MessageSnapshot = message
    if message.message_snapshots:
        shown = message.message_snapshots[0]
    return Message(
        scope=f"dc:{message.channel.id}",
        message_id=message.id,
        date=int(message.created_at.timestamp()),
        text=markdown.parse(shown.content, _names(message)),
        author=Author(message.author.display_name, message.author.id),
        attachments=tuple(_attachment(index, item) for index, item in enumerate(shown.attachments)),
        reply_to=_reply(message),
        edited=int(message.edited_at.timestamp()) if message.edited_at else None,
        note=" ".join(_notes(message, shown)),
    )


def _attachment(index: int, item: discord.Attachment) -> Attachment:
    mime = (item.content_type or "application/octet-stream").partition(";")[0].strip().lower()
    return Attachment(
        kind=MediaKind.PHOTO if mime in STILL else MediaKind.DOCUMENT,
        name=item.filename,
        mime=mime,
        size=item.size,
        index=index,
        url=item.url,
        spoiler=item.is_spoiler(),
    )


def _reply(message: discord.Message) -> int | None:
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    return reference.message_id if reference.channel_id == message.channel.id else None


def _names(message: discord.Message) -> markdown.Names:
    found = message.guild.get_channel_or_thread if message.guild else lambda _: None
    mentioned = [channel for channel in map(found, message.raw_channel_mentions) if channel]
    return markdown.Names(
        users={user.id: user.display_name for user in message.mentions},
        roles={role.id: role.name for role in message.role_mentions},
        channels={channel.id: channel.name for channel in mentioned},
    )


def _notes(message: discord.Message, shown: discord.Message | discord.MessageSnapshot) -> Iterator[str]:
    if message.message_snapshots:
        yield "[forwarded]"
    for sticker in shown.stickers:
        yield f"[sticker: {sticker.name}]"
    if message.poll:
        yield f"[poll: {message.poll.question}]"
    for embed in shown.embeds:
        # Previews of links come along with the links; only what somebody composed is worth a word.
        if embed.type == "rich":
            yield f"[embed: {embed.title or embed.description or 'without a title'}]"
    if getattr(shown, "components", ()):  # discord.py sets it only when Discord named it
        yield "[buttons or other components]"
    if message.activity or message.application:
        yield "[invitation to an activity]"
    if not (shown.content or shown.attachments or shown.stickers or shown.embeds or message.poll):
        yield "[a message that cannot be shown here]"
