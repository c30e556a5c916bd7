"""Telegram's errors by their exact names, as our own.

Telethon's classes mislead: an unknown 406 becomes AuthKeyError, an unknown 401 UnauthorizedError, and
PHONE_PASSWORD_FLOOD is a subclass of AuthKeyError. Names come from https://core.telegram.org/api/errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from project.core.errors import (
    AccountDead,
    Ambiguous,
    GatewayError,
    Refused,
    RetryLater,
    TargetGone,
    Unreachable,
)

UNREADABLE = "UNREADABLE"
KEY_NOT_FOUND = "AUTH_KEY_NOT_FOUND"  # our name for the transport's -404: the server does not know the key

DEAD = {
    "AUTH_KEY_DUPLICATED": "The key was used on two connections at once, and Telegram destroyed it.",
    "AUTH_KEY_UNREGISTERED": "The login was ended: the key is not known any more.",
    "AUTH_KEY_INVALID": "The key is not valid.",
    KEY_NOT_FOUND: "Telegram does not know the key.",
    "SESSION_REVOKED": "The login was ended from another device of the account.",
    "SESSION_EXPIRED": "The login has expired.",
    "USER_DEACTIVATED": "The account was deleted.",
    "USER_DEACTIVATED_BAN": "Telegram has banned the account.",
    "FROZEN_METHOD_INVALID": "Telegram has frozen the account.",
}

GONE = {
    "CHANNEL_PRIVATE": "The account is not in the chat any more, or was banned there.",
    "CHANNEL_INVALID": "The chat does not exist for this account.",
    "CHANNEL_PUBLIC_GROUP_NA": "The chat is not available.",
    "CHAT_ADMIN_REQUIRED": "The account needs to be an admin with the right to post.",
    "CHAT_FORBIDDEN": "The account may not write in the chat.",
    "CHAT_GUEST_SEND_FORBIDDEN": "The account has to join the chat before it may write.",
    "CHAT_ID_INVALID": "The chat does not exist for this account.",
    "CHAT_RESTRICTED": "The chat is restricted.",
    "CHAT_SEND_PLAIN_FORBIDDEN": "The account may not send text in the chat.",
    "CHAT_WRITE_FORBIDDEN": "The account may not write in the chat.",
    "PEER_ID_INVALID": "The chat does not exist for this account.",
    "USER_BANNED_IN_CHANNEL": "The account is banned from writing in the chat.",
    "USER_KICKED": "The account was removed from the chat.",
    "USER_NOT_PARTICIPANT": "The account is not in the chat.",
}

# Waits that are told without a number, in seconds. Telegram's own words: "try again later", for a login a day.
_UNNUMBERED_WAITS = {
    "PEER_FLOOD": 3600.0,
    "PHONE_NUMBER_FLOOD": 86400.0,
    "PHONE_PASSWORD_FLOOD": 86400.0,
}
_NUMBERED_WAIT = re.compile(r"^(?:FLOOD|FLOOD_PREMIUM|FLOOD_TEST_PHONE|SLOWMODE|2FA_CONFIRM)_WAIT_(\d+)$")
_MIGRATE = re.compile(r"^(?:PHONE|NETWORK|USER|FILE|STATS)_MIGRATE_(\d+)$")
_INTERNAL = {"RPC_CALL_FAIL", "RPC_MCGET_FAIL", "TIMEDOUT", "TIMEOUT", "MSG_WAIT_FAILED"}
DUPLICATE = "RANDOM_ID_DUPLICATE"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: who asked, the method (as in "SendMessage"), the chat's scope or "", and whether it changes
    something on the server."""

    account: str
    method: str
    chat: str = ""
    writes: bool = False

    @property
    def flood_scope(self) -> str:
        """The key that has to wait in a flood: Telegram counts per account and method."""
        return f"{self.account}:{self.method}"

    @property
    def chat_flood_scope(self) -> str:
        """The same in one chat."""
        return f"{self.flood_scope}:{self.chat}" if self.chat else self.flood_scope

    @property
    def slow_scope(self) -> str:
        """The key that has to wait in slow mode, which is an account's in a chat."""
        return f"{self.account}:{self.chat}"


def migrate_dc(code: str) -> int | None:
    """The data centre that a *_MIGRATE_X error points to."""
    found = _MIGRATE.match(code)
    return int(found[1]) if found else None


def wait_seconds(code: str) -> float | None:
    """How long an error asks to wait, in seconds; None when it is no wait. Telegram's FLOOD_WAIT_0 counts as 1."""
    found = _NUMBERED_WAIT.match(code)
    return max(1.0, float(found[1])) if found else _UNNUMBERED_WAITS.get(code)


def translate(code: str, number: int, asked: Asked) -> GatewayError:
    """Our error for the exact name `code` and number of Telegram's answer to what was asked."""
    if code in DEAD:
        return AccountDead(DEAD[code], code=code, hint="Log in again.")
    if code in GONE:
        return TargetGone(GONE[code], code=code)
    seconds = wait_seconds(code)
    if seconds is not None:
        scope = asked.slow_scope if code.startswith("SLOWMODE") and asked.chat else asked.flood_scope
        return RetryLater(f"Telegram asks to wait {seconds:.0f} s.", retry_after=seconds, scope=scope, code=code)
    if abs(number) >= 500 or code.upper() in _INTERNAL or code.startswith("INTERDC_"):
        return server_trouble(code, asked)
    return Refused(f"Telegram refused {asked.method}: {code}.", code=code)


class UnreadableAnswer(Refused):
    """An answer to a question came that nobody here can decode: something in it is of a kind that we do not know."""


def unreadable(asked: Asked, why: str) -> GatewayError:
    """The answer cannot be decoded. A question can be asked in smaller pieces; a change has happened perhaps."""
    kind = Ambiguous if asked.writes else UnreadableAnswer
    return kind(f"Telegram's answer to {asked.method} cannot be read: {why}.", code=UNREADABLE)


def server_trouble(code: str, asked: Asked) -> GatewayError:
    """The server failed on its own side: a change may have happened, a question is simply asked again."""
    kind = Ambiguous if asked.writes else Unreachable
    return kind(f"Telegram failed on {asked.method}: {code}.", code=code)


def unanswered(asked: Asked, *, left: bool) -> GatewayError:
    """No answer came. What never left, or changes nothing, is safe to repeat."""
    if left and asked.writes:
        return Ambiguous(f"No answer to {asked.method}: it may have happened.", code="LOST")
    return Unreachable(f"No connection to Telegram for {asked.method}.", code="LOST")
