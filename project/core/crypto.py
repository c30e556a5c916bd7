"""Sealing secrets in database rows.

Every blob has a data key of its own, which encrypts the content; a master key wraps the data key. A change of
master key (`rewrap`) touches the wrapped data key only. Both layers are AES-256-GCM with the owner's name as
associated data, so a blob moved to another row does not open.

    version (1) | master key id (8) | nonce (12) + wrapped data key (48) | nonce (12) + content (n + 16)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from project.core.errors import SecretError

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
TAG_BYTES = 16
_WRAPPED_AT = len(VERSION) + ID_BYTES
_CONTENT_AT = _WRAPPED_AT + NONCE_BYTES + KEY_BYTES + TAG_BYTES
_FEWEST_DISTINCT_BYTES = 16  # 32 random bytes have about 30 distinct ones; fewer than 16 never happens


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key; its id is derived from the key, so two different keys cannot share one."""

    id: bytes
    key: bytes = field(repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a master key cannot be pickled")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys in force: the first encrypts, all of them decrypt."""

    keys: tuple[MasterKey, ...]

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read comma-separated keys, each 32 bytes in base64. Raises ValueError without the key."""
        keys = tuple(_parse_key(part.strip(), place) for place, part in enumerate(text.split(","), start=1))
        if len({key.id for key in keys}) != len(keys):
            raise ValueError("the same key is listed twice")
        return cls(keys)

    @property
    def first(self) -> MasterKey:
        """The key that encrypts."""
        return self.keys[0]

    def find(self, key_id: bytes) -> MasterKey:
        """The key with this id, or SecretError."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise SecretError(
            f"The secret is sealed with the master key {key_id.hex()}, which is not among MASTER_KEYS.",
            hint="Add that key to the end of MASTER_KEYS.",
        )


def new_key() -> str:
    """A fresh master key as MASTER_KEYS wants it."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def fingerprint(key: bytes) -> str:
    """A short public name of a key (16 hex digits): tells keys apart and says nothing about them."""
    return _key_id(key).hex()


def seal(plaintext: bytes, *, owner: str, keys: Keyring) -> bytes:
    """Encrypt for `owner` (a name that stays with the row, e.g. "session.7") with a fresh data key."""
    data_key = os.urandom(KEY_BYTES)
    return _wrap(data_key, owner, keys.first) + _encrypt(data_key, plaintext, _content_aad(owner))


def unseal(blob: bytes, *, owner: str, keys: Keyring) -> bytes:
    """Open what `seal` made. Raises SecretError: unknown master key, another owner, or changed bytes."""
    data_key = _unwrap(blob, owner, keys)
    return _decrypt(data_key, blob[_CONTENT_AT:], _content_aad(owner))


def rewrap(blob: bytes, *, owner: str, keys: Keyring) -> bytes:
    """The blob under the first master key; unchanged when it already is, so a rotation can be resumed."""
    if sealed_with(blob) == keys.first.id.hex():
        return blob
    return _wrap(_unwrap(blob, owner, keys), owner, keys.first) + blob[_CONTENT_AT:]


def sealed_with(blob: bytes) -> str:
    """The fingerprint of the master key that wraps this blob. Raises SecretError when it is damaged."""
    if len(blob) < _CONTENT_AT + NONCE_BYTES + TAG_BYTES or not blob.startswith(VERSION):
        raise SecretError("The stored secret is damaged: it is too short or of an unknown version.")
    return blob[len(VERSION) : _WRAPPED_AT].hex()


def _parse_key(text: str, place: int) -> MasterKey:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"key {place} is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"key {place} has {len(key)} bytes instead of {KEY_BYTES}")
    if len(set(key)) < _FEWEST_DISTINCT_BYTES or all(0x20 <= byte < 0x7F for byte in key):
        raise ValueError(f"key {place} is an example or typed by hand, not random")
    return MasterKey(_key_id(key), key)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"relay master key id\0" + key).digest()[:ID_BYTES]


def _wrap(data_key: bytes, owner: str, master: MasterKey) -> bytes:
    return VERSION + master.id + _encrypt(master.key, data_key, _wrap_aad(owner, master))


def _unwrap(blob: bytes, owner: str, keys: Keyring) -> bytes:
    master = keys.find(bytes.fromhex(sealed_with(blob)))
    return _decrypt(master.key, blob[_WRAPPED_AT:_CONTENT_AT], _wrap_aad(owner, master))


def _wrap_aad(owner: str, master: MasterKey) -> bytes:
    return b"relay key\0" + VERSION + master.id + owner.encode()


def _content_aad(owner: str) -> bytes:
    return b"relay content\0" + VERSION + owner.encode()


def _encrypt(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def _decrypt(key: bytes, blob: bytes, aad: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], aad)
    except InvalidTag:
        raise SecretError(
            "The stored secret does not open: its bytes were changed or it belongs to another row."
        ) from None
