"""Discord's answers as our errors: pure, by status and JSON code.

What each JSON code means for us stands in errors.csv. Source: Discord's reference, "Opcodes and Status Codes" (JSON
error codes) and "Rate Limits".
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

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
from project.discord.fields import Fields
from project.discord.routes import CLOUDFLARE, Route

UNKNOWN_MESSAGE = "10008"
UNKNOWN_WEBHOOK = "10015"

LANE_HINT = "Check the channel, the webhook and the bot's permissions, then resume the pair."
ACCOUNT_HINT = "Put a valid bot token into DISCORD_BOT_TOKEN."
BLOCKED = 60.0  # seconds to leave Discord alone when Cloudflare blocks this address and does not say for how long
SLOW = 5.0  # seconds to wait where Discord asks to and does not say how long
_TABLE = Path(__file__).with_name("errors.csv")


class Holds(StrEnum):
    """What a refusal is about: this one message, everything in the channel (or by the webhook), the bot, all that
    leaves this host's address; WAIT: nothing, later."""

    MESSAGE = "message"
    CHAT = "chat"
    ACCOUNT = "account"
    ADDRESS = "address"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of errors.csv. `posting` is what the code is about as an answer to a new message or a question, `changing`
    as one to an edit or a delete."""

    code: int
    posting: Holds
    changing: Holds
    text: str


def _meanings(table: Path) -> dict[int, Meaning]:
    with table.open(newline="") as lines:
        return {int(row["code"]): _meaning(row) for row in csv.DictReader(lines)}


def _meaning(row: Mapping[str, str]) -> Meaning:
    return Meaning(int(row["code"]), Holds(row["posting"]), Holds(row["changing"]), row["meaning"])


MEANINGS = _meanings(_TABLE)


@dataclass(frozen=True, slots=True)
class _Problem:
    message: str
    code: int
    retry_after: float | None
    is_global: bool


def failure(route: Route, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """The error that an answer other than 2xx stands for."""
    problem = _read(body)
    if status == 429:
        return _limited(route, headers, problem)
    if status >= 500:
        return lost(route, f"Discord answered {status}.", code=str(status))
    if problem is None:
        return _not_discord(route, status)
    if status == 401 and route.authorized:
        return AccountDead("Discord does not accept the bot's token.", code="401", hint=ACCOUNT_HINT)
    return _refusal(route, status, headers, problem)


def blocks_address(code: int) -> bool:
    """Whether the JSON code speaks of this host's address, not of what was asked for."""
    known = MEANINGS.get(code)
    return known is not None and known.posting is Holds.ADDRESS


def is_invalid(status: int, headers: Mapping[str, str]) -> bool:
    """Whether Discord counts the answer towards a ban of the address: 401, 403, and 429 but for scope "shared".

    Source: Discord's reference, "Rate Limits", Invalid Request Limit.
    """
    return status in (401, 403) or (status == 429 and headers.get("X-RateLimit-Scope") != "shared")


def lost(route: Route, message: str, *, code: str = "") -> GatewayError:
    """No usable answer came: reading again harms nobody, anything else may have happened."""
    return Unreachable(message, code=code) if route.method == "GET" else Ambiguous(message, code=code)


def _read(body: bytes) -> _Problem | None:
    """None for what is no JSON object, and so not Discord's; odd fields of one are as good as absent."""
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(raw, dict):
        return None
    problem = Fields(raw)
    wait: Any = raw.get("retry_after")
    return _Problem(
        message=problem.text("message"),
        code=problem.number("code"),
        retry_after=float(wait) if type(wait) in (int, float) else None,
        is_global=raw.get("global") is True,
    )


def _limited(route: Route, headers: Mapping[str, str], problem: _Problem | None) -> RetryLater:
    # Without Via the answer is not Discord's but Cloudflare's: the address is banned, not the route.
    if problem is None or "Via" not in headers:
        wait = _seconds(headers.get("Retry-After"), default=60.0)
        return RetryLater("Cloudflare blocks this address.", retry_after=wait, scope=CLOUDFLARE, code="cloudflare")
    wait = problem.retry_after if problem.retry_after is not None else _seconds(headers.get("Retry-After"), default=1.0)
    everything = problem.is_global or "X-RateLimit-Global" in headers
    scope = route.wide_scope if everything else route.scope
    return RetryLater("Discord asks to wait.", retry_after=max(0.0, wait), scope=scope, code=str(problem.code or 429))


def _seconds(text: str | None, *, default: float) -> float:
    try:
        seconds = float(text or "nan")
    except ValueError:
        return default
    return max(0.0, seconds) if math.isfinite(seconds) else default


def _not_discord(route: Route, status: int) -> GatewayError:
    if status == 413:
        return Refused("The file is larger than Discord allows.", code="40005")
    hint = "Check DISCORD_API_URL, and whether something between here and Discord intervenes."
    return Unreachable(f"The answer ({status}) is not Discord's.", code=str(status), hint=hint)


def _refusal(route: Route, status: int, headers: Mapping[str, str], problem: _Problem) -> GatewayError:
    """By what errors.csv says of the JSON code; by the HTTP status, and counted, for one that no table knows. 0 is
    Discord's word for "any error"."""
    known = MEANINGS.get(problem.code)
    if known is None:
        unknown.note("Discord", str(problem.code), str(status), f"{route.method} {route.template}")
    if known is None or problem.code == 0:
        return _by_status(status, problem)
    code = str(problem.code)
    match known.posting:
        case Holds.ACCOUNT:
            return AccountDead(known.text, code=code, hint=ACCOUNT_HINT)
        case Holds.ADDRESS:
            wait = max(BLOCKED, _seconds(headers.get("Retry-After"), default=BLOCKED))
            return RetryLater(known.text, retry_after=wait, scope=CLOUDFLARE, code=code)
        case Holds.WAIT:
            wait = problem.retry_after or _seconds(headers.get("Retry-After"), default=SLOW)
            return RetryLater(known.text, retry_after=wait, scope=route.scope, code=code)
        case Holds.CHAT:
            stops_changes = known.changing is Holds.CHAT
            return TargetGone(known.text, code=code, hint=LANE_HINT, stops_changes=stops_changes)
        case Holds.MESSAGE:
            return Refused(known.text, code=code)


def _by_status(status: int, problem: _Problem) -> GatewayError:
    """Who may not post one message may not post the next one either; what else is wrong is wrong with the message."""
    sentence, code = f"Discord refused: {problem.message[:200] or status}", str(problem.code or status)
    if status in (401, 403, 404):
        return TargetGone(sentence, code=code, hint=LANE_HINT, stops_changes=False)
    return Refused(sentence, code="40005" if status == 413 else code)
