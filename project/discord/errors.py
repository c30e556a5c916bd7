"""Discord's answers as our errors: pure, by status and JSON code.

Source: Discord's reference, "Opcodes and Status Codes" (JSON error codes) and "Rate Limits".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

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

# The lane's channel, webhook or rights: no other message would fare better.
LANE = {
    10003: "The channel does not exist any more.",
    10004: "The server does not exist any more, or the bot was removed from it.",
    10015: "The webhook does not exist any more.",
    20018: "Only the owner of the account may do this.",
    50001: "The bot cannot see the channel.",
    50008: "The channel is of a kind that takes no messages.",
    50009: "The server's verification level keeps the bot out.",
    50013: "The bot lacks a permission in the channel.",
    50024: "The channel is of a kind that cannot do this.",
    50027: "The webhook's token is not valid any more.",
    50083: "The thread is archived.",
    160002: "The bot may not reply without the permission to read the message history.",
    160005: "The thread is locked.",
    220001: "The channel is a forum: the webhook needs the thread to post into.",
    220003: "Webhooks can create threads only in forums.",
}
LANE_HINT = "Check the channel, the webhook and the bot's permissions, then resume the pair."

# This one message: the next may pass.
MESSAGE = {
    10008: "The message does not exist any more.",
    30046: "Discord limits edits of messages older than one hour.",
    40005: "The file is larger than this server allows.",
    50005: "The message was written by somebody else and cannot be edited.",
    50006: "The message is empty.",
    50021: "Discord does not allow this for a system message.",
    50035: "Discord found the message malformed.",
    200000: "The server's automatic moderation blocked the message.",
    240000: "Discord blocked the message for a harmful link.",
}

ACCOUNT = {
    40002: "Discord wants the bot's account verified.",
    50014: "The bot's token is not valid.",
}
ACCOUNT_HINT = "Put a valid bot token into DISCORD_BOT_TOKEN."


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
    return _refusal(status, problem)


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


def _refusal(status: int, problem: _Problem) -> GatewayError:
    code = str(problem.code or status)
    if problem.code in ACCOUNT:
        return AccountDead(ACCOUNT[problem.code], code=code, hint=ACCOUNT_HINT)
    if problem.code in LANE:
        return TargetGone(LANE[problem.code], code=code, hint=LANE_HINT)
    if problem.code in MESSAGE:
        return Refused(MESSAGE[problem.code], code=code)
    sentence = f"Discord refused: {problem.message[:200] or status}"
    if status in (401, 403, 404):
        return TargetGone(sentence, code=code, hint=LANE_HINT)
    return Refused(sentence, code="40005" if status == 413 else code)
