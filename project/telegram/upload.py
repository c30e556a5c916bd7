"""Sending a file's bytes to Telegram in parts, straight from their source."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

from telethon.tl import functions, types

from project.core.errors import InvalidInput
from project.core.message import Attachment
from project.telegram.link import Link

PART = 512 * 1024  # bytes; the largest part Telegram takes
SMALL = 10 * 1024 * 1024  # bytes; above this the methods for big files are required
MAX_PHOTO = 10 * 1024 * 1024  # bytes; Telegram takes nothing larger as a picture
MAX_PARTS = 4000  # 2 GB, https://core.telegram.org/api/files


async def upload(link: Link, source: AsyncIterator[bytes], attachment: Attachment) -> Any:
    """The uploaded file, ready to be sent. Raises InvalidInput when the source is not as long as announced."""
    size = attachment.size
    total = -(-size // PART)
    if not 0 < total <= MAX_PARTS:
        raise InvalidInput(f"{attachment.name} has {size} bytes; Telegram takes 1 byte to 2 GB.")
    file_id = secrets.randbits(63)
    index = done = 0
    async for part in in_parts(source, PART):
        done += len(part)
        if done > size:
            break
        await link.call(_part_request(file_id, index, part, total=total, big=size > SMALL))
        index += 1
    if done != size:
        raise InvalidInput(f"{attachment.name} was announced with {size} bytes, but its source differs.")
    if size > SMALL:
        return types.InputFileBig(file_id, index, attachment.name)
    return types.InputFile(file_id, index, attachment.name, md5_checksum="")


def _part_request(file_id: int, index: int, part: bytes, *, total: int, big: bool) -> Any:
    if big:
        return functions.upload.SaveBigFilePartRequest(file_id, index, total, part)
    return functions.upload.SaveFilePartRequest(file_id, index, part)


async def collect(source: AsyncIterator[bytes]) -> bytes:
    """All bytes of a source that is known to be small."""
    return b"".join([chunk async for chunk in source])


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """Bytes at hand, as a source."""
    yield data


async def in_parts(source: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in pieces of exactly `size`, but for the last."""
    buffer = bytearray()
    async for chunk in source:
        buffer += chunk
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)


def as_photo(file: Any, attachment: Attachment) -> Any:
    """Shown as a picture."""
    return types.InputMediaUploadedPhoto(file, spoiler=attachment.spoiler or None)


def as_document(file: Any, attachment: Attachment) -> Any:
    """Shown as a file."""
    return types.InputMediaUploadedDocument(
        file,
        mime_type=attachment.mime or "application/octet-stream",
        attributes=[types.DocumentAttributeFilename(attachment.name)],
        force_file=True if attachment.mime.startswith("image/") else None,
        spoiler=attachment.spoiler or None,
    )
