"""Telegram's own errors, by name."""

from __future__ import annotations

import math
import re

# Everything that is not listed is a 400. Source: https://core.telegram.org/api/errors and the methods' error tables.
_MIGRATION = re.compile(r"(?:PHONE|USER|NETWORK|FILE)_MIGRATE_\d+")
_CODES = {
    "AUTH_KEY_UNREGISTERED": 401,
    "SESSION_REVOKED": 401,
    "SESSION_EXPIRED": 401,
    "SESSION_PASSWORD_NEEDED": 401,
    "USER_DEACTIVATED": 401,
    "USER_DEACTIVATED_BAN": 401,
    "CHAT_WRITE_FORBIDDEN": 403,
    "MESSAGE_AUTHOR_REQUIRED": 403,
    "MESSAGE_DELETE_FORBIDDEN": 403,
    "SEND_CODE_UNAVAILABLE": 406,
    "AUTH_KEY_DUPLICATED": 406,
    "PHONE_PASSWORD_FLOOD": 406,
    "FROZEN_METHOD_INVALID": 420,
    "RANDOM_ID_DUPLICATE": 500,
}


class RpcRefusedError(Exception):
    """The call is answered with rpc_error: `code` and `name` as Telegram spells them."""

    def __init__(self, name: str, code: int | None = None) -> None:
        super().__init__(name)
        self.name = name
        known = 303 if _MIGRATION.fullmatch(name) else _CODES.get(name, 400)
        self.code = known if code is None else code


def flood_wait(seconds: float) -> RpcRefusedError:
    """FLOOD_WAIT_X for a wait of `seconds`, rounded up to whole ones."""
    return RpcRefusedError(f"FLOOD_WAIT_{max(1, math.ceil(seconds))}", 420)


def slowmode_wait(seconds: float) -> RpcRefusedError:
    """SLOWMODE_WAIT_X for a wait of `seconds`, rounded up to whole ones."""
    return RpcRefusedError(f"SLOWMODE_WAIT_{max(1, math.ceil(seconds))}", 420)
