"""The gateway's opcodes and close codes, and how it can be disturbed (topics/opcodes-and-status-codes)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

import msgspec

from project.core.errors import InvalidInput

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11,
)  # fmt: skip


class Close(IntEnum):
    """Close codes (topics/opcodes-and-status-codes)."""

    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    TIMED_OUT = 4009
    INVALID_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


# After these a client has to IDENTIFY again, or may not come back at all.
ENDS_SESSION = frozenset({4003, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})


class Kill(StrEnum):
    """Ways to disturb a gateway; "close:<code>" is another, with any close code."""

    RECONNECT = "op7"  # please reconnect and RESUME
    INVALID = "op9"  # the session is gone
    INVALID_RESUMABLE = "op9_resumable"
    CUT = "cut"  # TCP reset without a close frame
    SILENCE = "silence"  # half-open: connected, nothing answers
    FORGET = "forget"  # cut, and the session cannot be resumed
    DEAF = "deaf"  # connected and answered, but no event comes any more; the session cannot be resumed


class RefusedError(Exception):
    """The connection is to be closed with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def decode(data: object) -> Mapping[str, object]:
    """A frame's JSON object; raises RefusedError 4002."""
    try:
        decoded = msgspec.json.decode(data if isinstance(data, str | bytes) else b"")
    except msgspec.DecodeError as problem:
        raise RefusedError(Close.DECODE_ERROR) from problem
    if not isinstance(decoded, dict):
        raise RefusedError(Close.DECODE_ERROR)
    return decoded


def close_code(how: str) -> int:
    """The code of "close:<code>", 0 for the other ways; raises InvalidInput for anything else."""
    if how in list(Kill):
        return 0
    code = how.removeprefix("close:")
    if code == how or not code.isdecimal() or not 1000 <= int(code) <= 4999:
        ways = f"Use {', '.join(Kill)}, or close:1000 to close:4999."
        raise InvalidInput(f"No way to kill a gateway is called {how!r}.", hint=ways)
    return int(code)
