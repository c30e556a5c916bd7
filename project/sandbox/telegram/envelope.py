"""Encrypted messages (MTProto 2.0, https://core.telegram.org/mtproto/description) and TCP packets around them."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass

from telethon.crypto import AES

_HEAD = struct.Struct("<qqqii")  # salt, session, message id, sequence number, length
_FROM_CLIENT, _FROM_SERVER = 0, 8
LARGEST_PACKET = 16 * 1024 * 1024


class BadPacketError(Exception):
    """Bytes that no honest client sends; the connection is closed."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One decrypted message."""

    salt: int
    session: int
    message_id: int
    sequence: int
    body: bytes


def _cipher(secret: bytes, message_key: bytes, side: int) -> tuple[bytes, bytes]:
    a = hashlib.sha256(message_key + secret[side : side + 36]).digest()
    b = hashlib.sha256(secret[side + 40 : side + 76] + message_key).digest()
    return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]


def _message_key(secret: bytes, plain: bytes, side: int) -> bytes:
    return hashlib.sha256(secret[88 + side : 120 + side] + plain).digest()[8:24]


def seal(secret: bytes, key_id: int, message: Envelope) -> bytes:
    """Encrypts a message of the server."""
    plain = _HEAD.pack(message.salt, message.session, message.message_id, message.sequence, len(message.body))
    plain += message.body
    plain += os.urandom(-(len(plain) + 12) % 16 + 12)
    key = _message_key(secret, plain, _FROM_SERVER)
    encrypted: bytes = AES.encrypt_ige(plain, *_cipher(secret, key, _FROM_SERVER))
    return struct.pack("<Q", key_id) + key + encrypted


def unseal(secret: bytes, packet: bytes) -> Envelope:
    """Decrypts a message of a client. Raises BadPacketError when the message key does not match."""
    key, encrypted = packet[8:24], packet[24:]
    if not encrypted or len(encrypted) % 16:
        raise BadPacketError("bad length")
    plain: bytes = AES.decrypt_ige(encrypted, *_cipher(secret, key, _FROM_CLIENT))
    if _message_key(secret, plain, _FROM_CLIENT) != key:
        raise BadPacketError("wrong message key")
    salt, session, message_id, sequence, length = _HEAD.unpack_from(plain)
    padding = len(plain) - _HEAD.size - length
    if length < 0 or not 12 <= padding <= 1024:
        raise BadPacketError("bad padding")
    return Envelope(salt, session, message_id, sequence, plain[_HEAD.size : _HEAD.size + length])


def packed(sequence: int, data: bytes) -> bytes:
    """A packet of the "full" transport: length, number, data, CRC."""
    head = struct.pack("<ii", len(data) + 12, sequence) + data
    return head + struct.pack("<I", zlib.crc32(head))


class Unpacker:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._sequence = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now. Raises BadPacketError: length, order or checksum are wrong."""
        self._buffer += data
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def _next(self) -> bytes | None:
        if len(self._buffer) < 8:
            return None
        length, sequence = struct.unpack_from("<ii", self._buffer)
        if not 12 < length <= LARGEST_PACKET or sequence != self._sequence:
            raise BadPacketError("not the full transport")
        if len(self._buffer) < length:
            return None
        packet = bytes(self._buffer[:length])
        del self._buffer[:length]
        if zlib.crc32(packet[:-4]) != struct.unpack("<I", packet[-4:])[0]:
            raise BadPacketError("wrong checksum")
        self._sequence += 1
        return packet[8:-4]
