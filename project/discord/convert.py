"""A message of Discord's JSON as the neutral one. Pure, and it never fails: a field that cannot be read costs a line in
the message, never the message, and never its channel.

Source: Discord's reference, "Message Object" (resources/message).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from project.core.logs import get_logger
from project.core.message import PARTLY, UNREADABLE, Attachment, Author, MediaKind, Message
from project.discord import markdown
from project.discord.directory import Directory
from project.discord.fields import Fields
from project.discord.objects import EPOCH_MS

log = get_logger(__name__)

STILL = frozenset({"image/png", "image/jpeg", "image/webp"})
REPLY = 19
WRITTEN = frozenset({0, REPLY, 20, 23})  # types of what somebody wrote, commands included; the others tell of events
NOTHING = "[a message that cannot be shown here]"


def neutral(event: Fields, directory: Directory) -> Message | None:
    """What the relay carries of a message; `note` says honestly what it cannot. None without an id or channel."""
    channel_id, message_id = event.snowflake("channel_id"), event.snowflake("id")
    if channel_id is None or message_id is None:
        return None
    empty = Message(f"dc:{channel_id}", message_id, _date(message_id), note=UNREADABLE)
    try:
        message = _neutral(event, empty, directory)
    except Exception:
        # A message that breaks the conversion would break it again: it must show, and not stop the channel.
        log.exception("a message could not be converted", channel=channel_id, message=message_id)
        return empty
    if event.trouble:
        log.error("a message could not be read whole", channel=channel_id, message=message_id, fields=event.trouble)
    return message


def unreadable(message: Message) -> Message:
    """A line in the place of a message that nobody can take as it is."""
    return Message(message.scope, message.message_id, message.date, note=UNREADABLE)


def shown_of(event: Fields) -> Fields:
    """Where a message has its content and files: of a forward, what it forwards."""
    return next((item.nested("message") for item in event.items("message_snapshots")), event)


def is_written(event: Fields) -> bool:
    """Whether somebody wrote it, as far as its type tells."""
    return not event.has("type") or event.number("type") in WRITTEN


def _neutral(event: Fields, empty: Message, directory: Directory) -> Message:
    shown = shown_of(event)
    text = markdown.parse(shown.text("content"), _names(event, shown, directory))
    attachments = tuple(_attachment(index, item) for index, item in shown.numbered("attachments"))
    author, edited = _author(event), _time(event, "edited_timestamp")
    notes = list(_notes(event, shown))
    if not (text or attachments or notes):
        notes.append(UNREADABLE if event.trouble else NOTHING)
    elif event.trouble:
        notes.append(PARTLY)
    if shown is not event:
        notes.insert(0, "[forwarded]")
    return Message(
        scope=empty.scope,
        message_id=empty.message_id,
        date=empty.date,
        text=text,
        author=author,
        attachments=attachments,
        reply_to=_reply(event),
        edited=edited,
        note=" ".join(notes),
    )


def _date(message_id: int) -> int:
    return ((message_id >> 22) + EPOCH_MS) // 1000


def _time(event: Fields, name: str) -> int | None:
    text = event.text(name)
    try:
        return int(datetime.fromisoformat(text).timestamp()) if text else None
    except (ValueError, OverflowError):
        event.blame(name)
        return None


def _author(event: Fields) -> Author | None:
    author = event.nested("author")
    number = author.snowflake("id")
    name = _shown_name(author, event.nested("member"))
    if number is None and not name:
        event.blame("author")
        return None
    return Author(name or "?", number or 0)


def _shown_name(user: Fields, member: Fields) -> str:
    return member.text("nick") or user.text("global_name") or user.text("username")


def _attachment(index: int, item: Fields) -> Attachment:
    mime = (item.text("content_type") or "application/octet-stream").partition(";")[0].strip().lower()
    name = item.text("filename")
    return Attachment(
        kind=MediaKind.PHOTO if mime in STILL else MediaKind.DOCUMENT,
        name=name or "file",
        mime=mime,
        size=max(0, item.number("size")),
        index=index,
        url=item.text("url"),
        spoiler=name.startswith("SPOILER_"),
    )


def _reply(event: Fields) -> int | None:
    reference = event.nested("message_reference")
    if event.number("type") != REPLY or reference.snowflake("channel_id") != event.snowflake("channel_id"):
        return None
    return reference.snowflake("message_id")


def _names(event: Fields, shown: Fields, directory: Directory) -> markdown.Names:
    users = {}
    for holder in (shown, event):
        for user in holder.items("mentions"):
            number = user.snowflake("id")
            if number is not None:
                users[number] = _shown_name(user, user.nested("member")) or str(number)
    return markdown.Names(users=users, roles=directory.roles, channels=directory.channels)


def _notes(event: Fields, shown: Fields) -> Iterator[str]:
    for sticker in shown.items("sticker_items"):
        yield f"[sticker: {sticker.text('name') or '?'}]"
    if event.has("poll"):
        yield f"[poll: {event.nested('poll').nested('question').text('text') or '?'}]"
    for embed in shown.items("embeds"):
        # Previews of links come along with the links; only what somebody composed is worth a word.
        if (embed.text("type") or "rich") == "rich":
            yield f"[embed: {embed.text('title') or embed.text('description') or 'without a title'}]"
    if any(True for _ in shown.items("components")):
        yield "[buttons or other components]"
    if event.nested("activity") or event.nested("application"):
        yield "[invitation to an activity]"
