"""What a Telegram message carries besides text: files we can fetch, and honest words for everything else."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telethon.tl import types

from project.core.message import Attachment, MediaKind

_SELF_DESTRUCTING = "[self-destructing media, not relayed]"  # Telegram's API terms 1.4 forbid to keep it


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """Where a file's bytes are: the data centre, Telegram's own location object, and the size in bytes."""

    dc_id: int
    location: Any
    size: int


def attachments_of(message: Any) -> tuple[Attachment, ...]:
    """The files of a message that can be relayed: at most one, as an album is several messages."""
    media = message.media
    if note_of(message):
        return ()
    if isinstance(media, types.MessageMediaPhoto):
        photo, size = media.photo, _largest(media.photo)
        return (_attachment(MediaKind.PHOTO, f"photo_{photo.id}.jpg", "image/jpeg", _bytes_of(size), media),)
    if isinstance(media, types.MessageMediaDocument):
        document = media.document
        name = _file_name(document)
        return (_attachment(MediaKind.DOCUMENT, name, document.mime_type, document.size, media),)
    return ()


def _attachment(kind: MediaKind, name: str, mime: str, size: int, media: Any) -> Attachment:
    return Attachment(kind=kind, name=name, mime=mime, size=size, spoiler=bool(media.spoiler))


def remote_file(message: Any) -> RemoteFile | None:
    """Where the bytes of the message's file are, None when it has none that we relay. The location holds a file
    reference, which expires after some hours: ask for the message again then."""
    media = message.media
    if not attachments_of(message):
        return None
    if isinstance(media, types.MessageMediaPhoto):
        photo, size = media.photo, _largest(media.photo)
        place = types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, size.type)
        return RemoteFile(photo.dc_id, place, _bytes_of(size))
    document = media.document
    place = types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, thumb_size="")
    return RemoteFile(document.dc_id, place, document.size)


def note_of(message: Any) -> str:
    """A visible line for what cannot be carried, "" when nothing is lost."""
    media = message.media
    if media is None or isinstance(media, types.MessageMediaEmpty | types.MessageMediaWebPage):
        return ""
    if getattr(media, "ttl_seconds", None):
        return _SELF_DESTRUCTING
    if isinstance(media, types.MessageMediaPhoto):
        return "" if isinstance(media.photo, types.Photo) and _largest(media.photo) else "[photo, not available]"
    if isinstance(media, types.MessageMediaDocument):
        return _document_note(media.document)
    return _other_note(media)


def _document_note(document: Any) -> str:
    if not isinstance(document, types.Document):
        return "[file, not available]"
    for attribute in document.attributes:
        if isinstance(attribute, types.DocumentAttributeSticker | types.DocumentAttributeCustomEmoji):
            return f"[sticker {attribute.alt}]".replace(" ]", "]")
        if isinstance(attribute, types.DocumentAttributeAudio) and attribute.voice:
            return f"[voice message, {int(attribute.duration)} s]"
        if isinstance(attribute, types.DocumentAttributeVideo) and attribute.round_message:
            return f"[video message, {int(attribute.duration)} s]"
    return ""


_SAID: dict[type, Callable[[Any], str]] = {
    types.MessageMediaPoll: lambda m: f"[poll: {m.poll.question.text}]",
    types.MessageMediaToDo: lambda m: f"[checklist: {m.todo.title.text}]",
    types.MessageMediaVenue: lambda m: f"[place: {m.title}]",
    types.MessageMediaGeoLive: lambda m: "[live location]",
    types.MessageMediaGeo: lambda m: "[location]",
    types.MessageMediaContact: lambda m: f"[contact: {f'{m.first_name} {m.last_name}'.strip()}]",
    types.MessageMediaDice: lambda m: f"[{m.emoticon} {m.value}]",
    types.MessageMediaGame: lambda m: f"[game: {m.game.title}]",
    types.MessageMediaInvoice: lambda m: f"[invoice: {m.title}]",
    types.MessageMediaStory: lambda m: "[story]",
    types.MessageMediaGiveaway: lambda m: "[giveaway]",
    types.MessageMediaGiveawayResults: lambda m: "[giveaway results]",
    types.MessageMediaPaidMedia: lambda m: "[paid media]",
}


def _other_note(media: Any) -> str:
    say = _SAID.get(type(media))
    return say(media) if say else "[content that cannot be shown here]"


def _largest(photo: Any) -> Any:
    """The biggest downloadable size of a photo."""
    sizes = [s for s in getattr(photo, "sizes", ()) if isinstance(s, types.PhotoSize | types.PhotoSizeProgressive)]
    return max(sizes, key=_bytes_of, default=None)


def _bytes_of(size: Any) -> int:
    """The size in bytes of one size of a photo."""
    return max(size.sizes, default=0) if isinstance(size, types.PhotoSizeProgressive) else int(size.size)


def _file_name(document: Any) -> str:
    for attribute in document.attributes:
        if isinstance(attribute, types.DocumentAttributeFilename) and attribute.file_name:
            return str(attribute.file_name)
    return f"file_{document.id}{mimetypes.guess_extension(document.mime_type) or ''}"
