"""Session strings of the libraries for Telegram, told apart by their layout. Pure; no key stands in any message.

Layouts, in base64 (standard or for URLs, with or without its padding):
Telethon: "1", then >B dc, 4 or 16 bytes of IP address, H port, 256 key.
GramJS: "1", then >B dc, h length, that many letters of host, h port, 256 key.
Pyrogram and its forks: >B dc, I api id, ? test, 256 key, Q user, ? bot; older ones without the api id, or with I user.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import struct
from dataclasses import dataclass, field

from project.core.errors import InvalidInput
from project.core.pasted import bare
from project.core.secret import Secret

KEY_BYTES = 256
# Where each data centre is reached: https://core.telegram.org/api/datacenter, as help.getConfig gives them.
CENTRES = {1: "149.154.175.53", 2: "149.154.167.51", 3: "149.154.175.100", 4: "149.154.167.91", 5: "91.108.56.130"}
TEST_CENTRES = {1: "149.154.175.10", 2: "149.154.167.40", 3: "149.154.175.117"}
PORT = 443
_HINT = "Strings of Telethon, GramJS and Pyrogram are taken; or give a .session file with --file."
_ASSIGNED = re.compile(r"(?:[A-Za-z_]\w{0,40}\s*[:=]\s*)?(?:(?:new\s+)?StringSession\()?(.*?)\)?;?,?", re.DOTALL)
_HOST = re.compile(rb"[A-Za-z0-9.:-]+")
_TELETHON = {263: 4, 275: 16}  # bytes of the whole, of the address
_PYROGRAM = {271: ">BI?256sQ?", 267: ">B?256sQ?", 263: ">B?256sI?"}
_TELETHON_LETTERS = 353
_OTHERS = (
    (re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{30,}"), "This is a bot's token.", "/addbot takes it."),
    (re.compile(r"[0-9a-fA-F]{32}"), "This is an API hash, not a session string.", _HINT),
    (re.compile(r"\+?[0-9 ()-]{7,20}"), "This is a phone number, not a session string.", _HINT),
)


@dataclass(frozen=True, slots=True)
class StringLogin:
    """What a session string holds. `key` is the auth key: a secret."""

    library: str
    dc_id: int
    host: str
    port: int
    key: bytes = field(repr=False)


def read_string(secret: Secret) -> StringLogin:
    """The login behind a session string, in quotes, wrapped or as it stands in a settings file.

    Raises InvalidInput that says what it is instead, or what is wrong with it."""
    text = _text(secret.reveal())
    if not text:
        raise InvalidInput("There is no session string.", hint=_HINT)
    for form, what, hint in _OTHERS:
        if form.fullmatch(text):
            raise InvalidInput(what, hint=hint)
    found = None
    if text[0] == "1":
        data = _decoded(text[1:])
        found = _gramjs(data) or _telethon(data)
    found = found or _pyrogram(_decoded(text))
    if found is None:
        raise InvalidInput(_unknown(text), hint=_HINT)
    if not any(found.key):
        raise InvalidInput("The session holds no login.", hint="Log that program in first, then stop it.")
    return found


def goes_on(text: str) -> bool:
    """Whether a text is the beginning of a wrapped session string: its first lines, and no whole one."""
    if len(_text(text)) < _SHORTEST_LINE or len(text) > _LONGEST or not re.fullmatch(r"[^\s]+", text):
        return False
    try:
        read_string(Secret(text))
    except InvalidInput:
        return True
    return False


_SHORTEST_LINE, _LONGEST = 60, 600  # characters


def _text(text: str) -> str:
    text = "".join(bare(text).split())
    found = _ASSIGNED.fullmatch(text)
    return bare(found[1] if found else text)


def _decoded(text: str) -> bytes:
    """b"" for what is no base64. The last sign may miss its padding."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", plain, re.ASCII):
        return b""
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""


def _gramjs(data: bytes) -> StringLogin | None:
    if len(data) < 5 + KEY_BYTES + 1:
        return None
    dc_id, length = struct.unpack(">Bh", data[:3])
    host = data[3 : 3 + length]
    if length < 4 or len(data) != 5 + length + KEY_BYTES or not _HOST.fullmatch(host):
        return None
    (port,) = struct.unpack(">H", data[3 + length : 5 + length])
    return StringLogin("GramJS", dc_id, *_place(dc_id, host.decode(), port), data[-KEY_BYTES:])


def _place(dc_id: int, host: str, port: int) -> tuple[str, int]:
    """An address as it is; for a name (GramJS in browsers has names of websockets) that of the data centre."""
    try:
        return str(ipaddress.ip_address(host)), port or PORT
    except ValueError:
        return _centre(dc_id, CENTRES), PORT


def _telethon(data: bytes) -> StringLogin | None:
    size = _TELETHON.get(len(data))
    if size is None:
        return None
    dc_id, address, port, key = struct.unpack(f">B{size}sH256s", data)
    host = ipaddress.ip_address(address)
    odd = host.is_unspecified or host.is_multicast or (host.is_reserved and not host.is_loopback)
    if not dc_id or not port or odd:
        return None
    return StringLogin("Telethon", dc_id, str(host), port, key)


def _pyrogram(data: bytes) -> StringLogin | None:
    layout = _PYROGRAM.get(len(data))
    if layout is None:
        return None
    dc_id, *_, is_test, key, _user, is_bot = struct.unpack(layout, data)
    # What struct reads as a flag may be any byte: in a string of another layout it is not 0 or 1.
    flags = (data[5 if len(data) == 271 else 1], data[-1])
    centres = TEST_CENTRES if is_test else CENTRES
    if dc_id not in centres or not set(flags) <= {0, 1}:
        return None
    if is_bot:
        raise InvalidInput("This is the login of a bot.", hint="/addbot takes a bot's token instead.")
    return StringLogin("Pyrogram", dc_id, centres[dc_id], PORT, key)


def _centre(dc_id: int, centres: dict[int, str]) -> str:
    if dc_id not in centres:
        raise InvalidInput(f"The session names data centre {dc_id}, which Telegram does not have.", hint=_HINT)
    return centres[dc_id]


def _unknown(text: str) -> str:
    count = len(text)
    if not re.fullmatch(r"[A-Za-z0-9_+/=-]+", text, re.ASCII):
        return "This is no session string: signs stand in it that none has (letters, digits, + / - _ = only)."
    if text[0] == "1" and count < _TELETHON_LETTERS:
        return f"This session string is cut off: it has {count} characters, one of Telethon has {_TELETHON_LETTERS}."
    if text[0] == "1":
        return f"This is no session string of Telethon or GramJS: {count} characters fit neither of their layouts."
    return (
        f"This is no session string of Telethon, GramJS or Pyrogram ({count} characters; Telethon's begin with 1 and "
        f"have {_TELETHON_LETTERS}). Other libraries (grammers, mtcute, MTKruto, …) write other ones."
    )
