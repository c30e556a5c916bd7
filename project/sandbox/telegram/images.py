"""Reads the size of an image from its header: enough to refuse what is none."""

from __future__ import annotations

import struct

from .errors import RpcRefusedError

_PNG = b"\x89PNG\r\n\x1a\n"


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    raise ValueError("no frame header")


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a JPEG, PNG or GIF. Raises IMAGE_PROCESS_FAILED, PHOTO_INVALID_DIMENSIONS."""
    try:
        if data.startswith(_PNG):
            width, height = _png(data)
        elif data.startswith(b"\xff\xd8"):
            width, height = _jpeg(data)
        elif data.startswith(b"GIF8"):
            width, height = _gif(data)
        else:
            raise RpcRefusedError("IMAGE_PROCESS_FAILED")
    except (struct.error, IndexError, ValueError):
        raise RpcRefusedError("IMAGE_PROCESS_FAILED") from None
    # https://core.telegram.org/bots/api#sendphoto: sum of the sides at most 10000, ratio at most 20.
    if min(width, height) < 1 or width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise RpcRefusedError("PHOTO_INVALID_DIMENSIONS")
    return width, height
