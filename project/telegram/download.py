"""Fetching a message's file in parts. A file reference expires; then the message is asked for again."""

from __future__ import annotations

from collections.abc import AsyncIterator

from telethon.tl import functions

from project.core.errors import NotFound, Refused
from project.telegram.chats import Chats
from project.telegram.datacentres import DataCentres
from project.telegram.errors import migrate_dc
from project.telegram.link import Link
from project.telegram.media import RemoteFile, remote_file
from project.telegram.reading import Unread, raw_by_id

PART = 512 * 1024  # bytes; offsets must be multiples of it, https://core.telegram.org/api/files
_FRESH_STARTS = 2  # times a file reference may expire within one download


async def download(
    link: Link, chats: Chats, centres: DataCentres, chat_id: int, message_id: int, offset: int
) -> AsyncIterator[bytes]:
    """The bytes of the message's file from `offset` on. Raises NotFound when there is no such file any more."""
    file = await _find(link, chats, chat_id, message_id)
    dc_id, starts = file.dc_id, 0
    while True:
        first = offset - offset % PART
        request = functions.upload.GetFileRequest(file.location, offset=first, limit=PART)
        try:
            answer = await centres.ask(dc_id, request)
        except Refused as error:
            elsewhere = migrate_dc(error.code)
            stale = error.code.startswith("FILE_REFERENCE_")
            if starts == _FRESH_STARTS or not (elsewhere or stale):
                raise
            starts += 1
            dc_id = elsewhere or dc_id
            file = await _find(link, chats, chat_id, message_id) if stale else file
            continue
        fresh = answer.bytes[offset - first :]
        if fresh:
            yield fresh
        offset = first + len(answer.bytes)
        if len(answer.bytes) < PART or offset >= file.size:
            return


async def _find(link: Link, chats: Chats, chat_id: int, message_id: int) -> RemoteFile:
    for message in await raw_by_id(link, chats, chat_id, [message_id]):
        file = None if isinstance(message, Unread) else remote_file(message)
        if file is not None:
            return file
    raise NotFound(f"Message {message_id} has no file any more.")
