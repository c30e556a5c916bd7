"""The server's RSA key, with which a client's first secret is encrypted."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from telethon.tl.tlobject import TLObject

_EXPONENT = 65537
_BITS = 2048


def _field(number: int) -> bytes:
    data: bytes = TLObject.serialize_bytes(number.to_bytes((number.bit_length() + 7) // 8, "big"))
    return data


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A key pair; `fingerprint` is how the handshake names it."""

    public_pem: str
    fingerprint: int
    modulus: int = field(repr=False)
    exponent: int = field(repr=False)

    def decrypt(self, data: bytes) -> bytes:
        """Raw RSA, as the old padding of MTProto wants it: 255 bytes. Raises OverflowError for foreign data."""
        return pow(int.from_bytes(data, "big"), self.exponent, self.modulus).to_bytes(255, "big")


def new_key() -> ServerKey:
    """A fresh key pair."""
    private = rsa.generate_private_key(_EXPONENT, _BITS)
    numbers = private.private_numbers()
    modulus = numbers.public_numbers.n
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    # The low 64 bits of SHA1(n, e): https://core.telegram.org/mtproto/auth_key
    digest = hashlib.sha1(_field(modulus) + _field(_EXPONENT), usedforsecurity=False).digest()
    return ServerKey(pem, int.from_bytes(digest[-8:], "little", signed=True), modulus, numbers.d)


def write_public(key: ServerKey, path: Path) -> None:
    """Writes the public half where clients read it, whole or not at all."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(key.public_pem)
    os.replace(partial, path)
