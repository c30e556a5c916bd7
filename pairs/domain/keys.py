"""Idempotency keys: the same part of the same event always gets the same key."""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from msgspec import structs

from project.core.message import EventKind, Message, encode

_KEY_BYTES = 12  # 24 hex digits: Discord takes a nonce of at most 25 characters (resources/message.mdx)


class PartName(msgspec.Struct, frozen=True):
    """What a key is made of: it is known before the event has a row."""

    pair_id: int
    scope: str
    message_id: int
    kind: EventKind
    revision: int
    hop: int
    part: int
    again: int = 0  # a person asked for one more copy: its key may not be taken for the first one's


def idempotency_key(secret: bytes, name: PartName) -> str:
    """24 hex digits, a keyed hash, so that nobody outside can guess or collide with one."""
    text = f"{name.pair_id}|{name.scope}|{name.message_id}|{name.kind}|{name.revision}|{name.hop}|{name.part}"
    if name.again:
        text += f"|again {name.again}"
    return hmac.digest(secret, text.encode(), "sha256")[:_KEY_BYTES].hex()


def random_id(key: str) -> int:
    """Telegram's signed 64-bit random_id for a key."""
    return int.from_bytes(bytes.fromhex(key)[:8], "big", signed=True)


def content_hash(message: Message) -> bytes:
    """Hash of what readers see.

    Dates and authors are left out: reactions and no-op edits arrive as edits and change nothing readers see
    (mautrix/telegram#363). Links of attachments are left out because Discord signs them anew each time.
    """
    seen = Message(
        message.scope,
        message.message_id,
        date=0,
        text=message.text,
        attachments=tuple([structs.replace(attachment, url="") for attachment in message.attachments]),
        group_id=message.group_id,
        note=message.note,
    )
    return hashlib.blake2b(encode(seen).encode(), digest_size=16).digest()
