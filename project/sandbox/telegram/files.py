"""Files: uploads in parts, finished files, and references to them that expire."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os
import struct
from dataclasses import dataclass, field

from .errors import RpcRefusedError
from .images import image_size
from .messages import NewFile, StoredFile

KIB = 1024
LARGEST_PART = 512 * KIB
MOST_PARTS = 4000
SMALL_FILE = 10 * KIB * KIB  # above this saveBigFilePart is required
LARGEST_PHOTO = 10 * KIB * KIB
CHUNK = KIB * KIB
_REFERENCE = struct.Struct("<Bqd16s")  # version, epoch, issued at, tag


@dataclass(slots=True)
class Upload:
    """Parts of a file that a client is sending; once used, `whole` is all of it, and may be used again."""

    big: bool
    parts: dict[int, bytes] = field(default_factory=dict, repr=False)
    whole: bytes = field(default=b"", repr=False)


def check_part(number: int, data: bytes) -> None:
    """Raises the errors of upload.saveFilePart (https://core.telegram.org/api/files#uploading-files)."""
    if not 0 <= number < MOST_PARTS:
        raise RpcRefusedError("FILE_PART_INVALID")
    if not data:
        raise RpcRefusedError("FILE_PART_EMPTY")
    if len(data) > LARGEST_PART:
        raise RpcRefusedError("FILE_PART_TOO_BIG")


def check_window(offset: int, limit: int, *, precise: bool) -> None:
    """Raises OFFSET_INVALID or LIMIT_INVALID (https://core.telegram.org/api/files#downloading-files)."""
    step = KIB if precise else 4 * KIB
    if offset < 0 or offset % step:
        raise RpcRefusedError("OFFSET_INVALID")
    fits = 0 < limit <= CHUNK and limit % step == 0 and (precise or CHUNK % limit == 0)
    if not fits or offset // CHUNK != (offset + limit - 1) // CHUNK:
        raise RpcRefusedError("LIMIT_INVALID")


def _joined(parts: dict[int, bytes], count: int) -> bytes:
    if not 0 < count <= MOST_PARTS:
        raise RpcRefusedError("FILE_PARTS_INVALID")
    for number in range(count):
        if number not in parts:
            raise RpcRefusedError(f"FILE_PART_{number}_MISSING")
    sizes = {len(parts[number]) for number in range(count - 1)}
    if len(sizes) > 1:
        raise RpcRefusedError("FILE_PART_SIZE_CHANGED")
    size = sizes.pop() if sizes else LARGEST_PART
    if size % KIB or LARGEST_PART % size or len(parts[count - 1]) > size:
        raise RpcRefusedError("FILE_PART_SIZE_INVALID")
    return b"".join(parts[number] for number in range(count))


class Files:
    """Everything that was uploaded. It is kept in memory."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)
        self._ids = itertools.count(5_000_000_001)
        self._epoch = 0
        self._uploads: dict[tuple[int, int], Upload] = {}
        self._known: dict[int, StoredFile] = {}
        self._data: dict[int, bytes] = {}

    def save_part(self, owner: int, file_id: int, number: int, data: bytes, *, big: bool) -> None:
        """Keeps one part of the upload `file_id` of the account `owner`."""
        check_part(number, data)
        upload = self._uploads.setdefault((owner, file_id), Upload(big))
        if upload.whole:  # used before: the same id begins another upload
            upload = self._uploads[owner, file_id] = Upload(big)
        if upload.big != big:
            raise RpcRefusedError("FILE_PART_INVALID")
        upload.parts[number] = data

    def finish(self, owner: int, file_id: int, parts: int, *, big: bool, md5: str = "") -> bytes:
        """The whole upload. Raises the FILE_PART errors, MD5_CHECKSUM_INVALID."""
        upload = self._uploads.get((owner, file_id))
        if upload is None:
            raise RpcRefusedError("FILE_PART_0_MISSING")
        data = upload.whole or _joined(upload.parts, parts)
        if upload.big != big or (not big and len(data) > SMALL_FILE):
            raise RpcRefusedError("FILE_PARTS_INVALID")
        if md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != md5:
            raise RpcRefusedError("MD5_CHECKSUM_INVALID")
        upload.whole = data
        upload.parts.clear()
        return data

    def store(self, new: NewFile, *, date: int, protected: bool) -> StoredFile:
        """Keeps a file for good. A photo has to be an image: PHOTO_SAVE_FILE_INVALID, IMAGE_PROCESS_FAILED."""
        width = height = 0
        if new.photo:
            if len(new.data) > LARGEST_PHOTO:
                raise RpcRefusedError("PHOTO_SAVE_FILE_INVALID")
            width, height = image_size(new.data)
        mime = "image/jpeg" if new.photo else new.mime
        name = "" if new.photo else new.name
        stored = StoredFile(
            next(self._ids),
            name,
            mime,
            len(new.data),
            new.photo,
            width,
            height,
            date,
            protected=protected,
            spoiler=new.spoiler,
            dc=new.dc,
        )
        self._known[stored.id] = stored
        self._data[stored.id] = new.data
        return stored

    def get(self, file_id: int) -> StoredFile | None:
        """A file by its id."""
        return self._known.get(file_id)

    def data(self, file_id: int) -> bytes:
        """The content of a file."""
        return self._data[file_id]

    def _tag(self, viewer: int, file_id: int, epoch: int, issued: float) -> bytes:
        text = struct.pack("<qqqd", viewer, file_id, epoch, issued)
        return hmac.digest(self._secret, text, "sha256")[:16]

    def reference(self, viewer: int, file_id: int, now: float) -> bytes:
        """A file reference for one account. Now is monotonic."""
        return _REFERENCE.pack(1, self._epoch, now, self._tag(viewer, file_id, self._epoch, now))

    def check_reference(self, viewer: int, file_id: int, reference: bytes, *, now: float, lifetime: float) -> None:
        """Raises FILE_REFERENCE_EMPTY, FILE_REFERENCE_INVALID or FILE_REFERENCE_EXPIRED."""
        if not reference:
            raise RpcRefusedError("FILE_REFERENCE_EMPTY")
        if len(reference) != _REFERENCE.size:
            raise RpcRefusedError("FILE_REFERENCE_INVALID")
        _, epoch, issued, tag = _REFERENCE.unpack(reference)
        if not hmac.compare_digest(tag, self._tag(viewer, file_id, epoch, issued)):
            raise RpcRefusedError("FILE_REFERENCE_INVALID")
        if epoch != self._epoch or now - issued > lifetime:
            raise RpcRefusedError("FILE_REFERENCE_EXPIRED")

    def expire_references(self) -> None:
        """Every reference handed out so far is expired from now on."""
        self._epoch += 1
