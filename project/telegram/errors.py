"""Telegram's errors by their exact names, as our own.

Telethon's classes mislead: an unknown 406 becomes AuthKeyError, an unknown 401 UnauthorizedError, and
PHONE_PASSWORD_FLOOD is a subclass of AuthKeyError. What each name means for us stands in errors.csv. Its column
`source` says where the name is documented: "telethon" is Telethon's errors.csv and methods.csv, "core.telegram.org" the
page of the method there, "ours" a name that we made.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from project.core import unknown
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

_TABLE = Path(__file__).with_name("errors.csv")
_NUMBER = re.compile(r"(?<=_)\d+(?=_|$)")


class Holds(StrEnum):
    """What a refusal is about: this one message or call, everything in the chat, the account; WAIT: nothing, later;
    SERVER: Telegram failed on its own side."""

    MESSAGE = "message"
    CHAT = "chat"
    ACCOUNT = "account"
    WAIT = "wait"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of errors.csv. `posting` is what the error is about as an answer to a new message or a question, `changing`
    as one to an edit or a delete; `methods` are those that answer with it ("*": any)."""

    name: str
    posting: Holds
    changing: Holds
    methods: frozenset[str]
    text: str


def _read(table: Path) -> dict[str, Meaning]:
    with table.open(newline="") as lines:
        return {row["name"]: _meaning(row) for row in csv.DictReader(lines)}


def _meaning(row: Mapping[str, str]) -> Meaning:
    methods = frozenset(row["methods"].split())
    return Meaning(row["name"], Holds(row["posting"]), Holds(row["changing"]), methods, row["meaning"])


MEANINGS = _read(_TABLE)
DEAD = {name: meaning.text for name, meaning in MEANINGS.items() if meaning.posting is Holds.ACCOUNT}
CHAT_HINT = "Mend that in the chat's settings or with its admins, then resume the pair."

# Waits that are told without a number, in seconds. Telegram's own words: "try again later", for a login a day.
_UNNUMBERED_WAITS = {
    "PEER_FLOOD": 3600.0,
    "PHONE_NUMBER_FLOOD": 86400.0,
    "PHONE_PASSWORD_FLOOD": 86400.0,
}
_NUMBERED_WAIT = re.compile(r"^(?:FLOOD|FLOOD_PREMIUM|FLOOD_TEST_PHONE|SLOWMODE|2FA_CONFIRM)_WAIT_(\d+)$")
_MIGRATE = re.compile(r"^(?:PHONE|NETWORK|USER|FILE|STATS)_MIGRATE_(\d+)$")
_LATER = 60.0  # seconds; where an error asks to wait and says not how long
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
    """Our error for the exact name `code` and number of Telegram's answer to what was asked. What no table knows is
    judged by its number, and counted."""
    known = meaning_of(code)
    if known is not None:
        return _known(known, code, asked)
    unknown.note("Telegram", code, str(number), asked.method)
    return _by_number(code, abs(number), asked)


def meaning_of(code: str) -> Meaning | None:
    """The row of errors.csv about an exact name; X in a row stands for any number. None: no table knows it."""
    return MEANINGS.get(code) or MEANINGS.get(_NUMBER.sub("X", code)) or MEANINGS.get(code.upper())


def _known(known: Meaning, code: str, asked: Asked) -> GatewayError:
    match known.posting:
        case Holds.ACCOUNT:
            return AccountDead(known.text, code=code, hint="Log in again.")
        case Holds.WAIT:
            return _wait(code, wait_seconds(code) or _LATER, asked)
        case Holds.SERVER:
            return server_trouble(code, asked)
        case Holds.CHAT:
            stops_changes = known.changing is Holds.CHAT
            return TargetGone(_text(known, code), code=code, hint=CHAT_HINT, stops_changes=stops_changes)
        case Holds.MESSAGE:
            return Refused(_refusal(asked, code, _text(known, code)), code=code)


def _by_number(code: str, number: int, asked: Asked) -> GatewayError:
    """By the class of errors that Telegram gives the number (api/errors). Who may not write, or has to do something in
    a client first, may not write the next message either."""
    seconds = wait_seconds(code)
    if seconds is not None or number in (420, 429):
        return _wait(code, seconds or _LATER, asked)
    if number >= 500:
        return server_trouble(code, asked)
    text = _refusal(asked, code, "")
    if number in (401, 402, 403, 406) and asked.chat and asked.writes:
        return TargetGone(text, code=code, hint=CHAT_HINT, stops_changes=False)
    return Refused(text, code=code)


def _text(known: Meaning, code: str) -> str:
    number = _NUMBER.search(code)
    return known.text.format(n=number[0] if number else "some")


def _refusal(asked: Asked, code: str, text: str) -> str:
    return f"Telegram refused {asked.method}: {code}." + (f" {text}" if text else "")


def _wait(code: str, seconds: float, asked: Asked) -> RetryLater:
    scope = asked.slow_scope if code.startswith("SLOWMODE") and asked.chat else asked.flood_scope
    return RetryLater(f"Telegram asks to wait {seconds:.0f} s.", retry_after=seconds, scope=scope, code=code)


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
