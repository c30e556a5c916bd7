"""Request bodies: JSON, or multipart with payload_json and files[n] (reference, "Uploading Files")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from aiohttp import BodyPartReader, web

from project.sandbox.discord.errors import ApiError, Problem, form_error
from project.sandbox.discord.limits import Limits

MAX_FILES = 10
_FILE_FIELD = re.compile(r"files\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in; `number` is the n of files[n]."""

    number: int
    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed request body."""

    fields: Mapping[str, object] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()


async def read_body(request: web.Request, limits: Limits) -> Body:
    """Parses the body; raises ApiError 40005 when it is too large, 50109 or 50035 when it is malformed."""
    if request.content_length is not None and request.content_length > limits.request_bytes:
        raise ApiError(Problem.TOO_LARGE)
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, limits)
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > limits.request_bytes:
            raise ApiError(Problem.TOO_LARGE)
    if raw and request.content_type != "application/json":
        message = "Expected \"Content-Type\" header to be one of {'application/json'}."
        raise form_error("_misc", "CONTENT_TYPE_INVALID", message)
    return Body(_json_object(bytes(raw)) if raw else {})


def _json_object(raw: bytes) -> Mapping[str, object]:
    try:
        decoded = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ApiError(Problem.BAD_JSON) from problem
    if not isinstance(decoded, dict):
        raise ApiError(Problem.BAD_JSON)
    return decoded


async def _read_multipart(request: web.Request, limits: Limits) -> Body:
    fields: Mapping[str, object] = {}
    uploads: list[Upload] = []
    total = 0
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise ApiError(Problem.BAD_JSON)
            data = await _read_part(part, limits.request_bytes - total)
            total += len(data)
            if part.name == "payload_json":
                fields = _json_object(data)
            else:
                uploads.append(_upload(part, data))
    except ValueError as problem:  # aiohttp: malformed boundary, header or encoding
        raise ApiError(Problem.BAD_JSON) from problem
    _check_uploads(uploads, limits)
    return Body(fields, tuple(uploads))


async def _read_part(part: BodyPartReader, room: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65_536):
        data += chunk
        if len(data) > room:
            raise ApiError(Problem.TOO_LARGE)
    return bytes(data)


def _upload(part: BodyPartReader, data: bytes) -> Upload:
    match = _FILE_FIELD.fullmatch(part.name or "")
    if match is None or not part.filename:
        raise form_error(part.name or "file", "INVALID_FILE_ASSET", "Invalid asset")
    content_type = part.headers.get("Content-Type", "application/octet-stream")
    return Upload(int(match[1]), part.filename, content_type, data)


def _check_uploads(uploads: list[Upload], limits: Limits) -> None:
    if any(len(upload.data) > limits.file_bytes for upload in uploads):
        raise ApiError(Problem.TOO_LARGE)
    if len(uploads) > MAX_FILES:
        raise form_error("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if len({upload.number for upload in uploads}) != len(uploads):
        raise form_error("attachments", "ATTACHMENT_ID_NOT_UNIQUE", "Attachment IDs must be unique.")
