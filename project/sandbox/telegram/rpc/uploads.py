"""upload.*: files in parts, up and down."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.tl.functions import upload

from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.files import MOST_PARTS, check_window
from project.sandbox.telegram.messages import StoredFile

from .registry import Call, method


@method(upload.SaveFilePartRequest, writes=True)
def save_file_part(call: Call, request: Any) -> Any:
    """A part of a file of at most 10 MiB."""
    call.state.files.save_part(call.me.id, request.file_id, request.file_part, request.bytes, big=False)
    return True


@method(upload.SaveBigFilePartRequest, writes=True)
def save_big_file_part(call: Call, request: Any) -> Any:
    """A part of a larger file; -1 parts are not known yet."""
    if request.file_total_parts != -1 and not 0 < request.file_total_parts <= MOST_PARTS:
        raise RpcRefusedError("FILE_PARTS_INVALID")
    call.state.files.save_part(call.me.id, request.file_id, request.file_part, request.bytes, big=True)
    return True


def located(call: Call, location: Any) -> StoredFile:
    """The file of a location or of an input photo or document. Raises LOCATION_INVALID and FILE_REFERENCE errors."""
    stored = call.state.files.get(getattr(location, "id", 0))
    if stored is None or location.access_hash != call.state.hashes.of(call.me.id, "file", stored.id):
        raise RpcRefusedError("LOCATION_INVALID")
    call.state.files.check_reference(
        call.me.id,
        stored.id,
        location.file_reference,
        now=call.now,
        lifetime=call.state.settings.file_reference_lifetime,
    )
    return stored


_PHOTO, _DOCUMENT = types.InputPhotoFileLocation, types.InputDocumentFileLocation


@method(upload.GetFileRequest, anywhere=True)
def get_file(call: Call, request: Any) -> Any:
    """A part of a file: at most 1 MiB, within one MiB. FILE_MIGRATE_X when data centre X has it."""
    location = request.location
    if not isinstance(location, _PHOTO | _DOCUMENT):
        raise RpcRefusedError("LOCATION_INVALID")
    known = call.state.files.get(location.id)
    if known is not None and known.dc != call.dc:
        raise RpcRefusedError(f"FILE_MIGRATE_{known.dc}")
    check_window(request.offset, request.limit, precise=bool(request.precise))
    stored = located(call, location)
    wanted_size = "x" if stored.photo else ""
    if isinstance(location, _PHOTO) != stored.photo or location.thumb_size != wanted_size:
        raise RpcRefusedError("LOCATION_INVALID")
    kind = types.storage.FileJpeg() if stored.photo else types.storage.FileUnknown()
    part = call.state.files.data(stored.id)[request.offset : request.offset + request.limit]
    return types.upload.File(kind, stored.date, part)
