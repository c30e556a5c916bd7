"""The admin bot: its token, and who may command it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aiohttp

from project.core.checks import Check, failed, ok, warning
from project.core.claim_token import claim_link
from project.core.claims import make_claim
from project.core.config import Config
from project.core.stopping import run
from project.core.whitelist import OperatorLine, has_owner, list_operators
from project.doors.doctor.advice import CLAIM

_BOT = "admin bot"
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_TOKEN = "Ask @BotFather for a token (/newbot, or /token) and put it into ADMIN_BOT_TOKEN."  # noqa: S105
_SHOWN = 5


async def check_bot(http: aiohttp.ClientSession, config: Config) -> tuple[Check, str]:
    """Whether the Bot API knows the token, and the bot's username ("" when it does not). Bot API, getMe."""
    if not config.admin_bot_token:
        text = "ADMIN_BOT_TOKEN is not set: sessions are managed on the command line and the admin site only."
        return warning(_BOT, text, _TOKEN), ""
    address = f"{config.bot_api_url}/bot{config.admin_bot_token.reveal()}/getMe"
    try:
        async with http.get(address, timeout=_TIMEOUT) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:  # its text may hold the address, and so the token
        return failed(_BOT, f"The Bot API does not answer ({type(error).__name__}).", "See BOT_API_URL."), ""
    if not told.get("ok"):
        return failed(_BOT, "ADMIN_BOT_TOKEN: Telegram does not accept this token.", _TOKEN), ""
    username = str(told["result"].get("username", ""))
    return ok(_BOT, f"@{username}."), username


def check_operators(username: str, *, actor: str) -> Iterator[Check]:
    """Who may command the bot. While nobody owns it, a link that makes one person the owner. Raises DatabaseError."""
    operators = list_operators()
    owners = [line for line in operators if line.view.role == "owner"]
    if not owners:
        yield _claim(username, actor)
    if operators:
        yield ok("operators", f"{len(operators)} may command the bot, {len(owners)} of them as owner.")
    unreachable = [line for line in operators if line.unreachable]
    if unreachable and username:
        names = ", ".join(_name(line) for line in unreachable[:_SHOWN])
        yield warning("operators", f"The bot cannot write to {names}.", f"They have to write to @{username} once.")


def introduce(config: Config) -> list[str]:
    """For people who start everything: who the bot is, and how to own it while nobody does. Raises DatabaseError."""
    check, username = run(_look(config))
    if not username:
        return [f"Admin bot: {check.text} {check.todo}"]
    lines = [f"Admin bot: https://t.me/{username}"]
    if not has_owner():
        lines.append("Nobody owns the admin bot yet: `python manage.py doctor` prints a link; who opens it first does.")
    return lines


async def _look(config: Config) -> tuple[Check, str]:
    async with aiohttp.ClientSession() as http:
        return await check_bot(http, config)


def _claim(username: str, actor: str) -> Check:
    token = make_claim(actor=actor) if username else None
    if token is None:
        return warning("operators", "Nobody owns the bot.", "Put your Telegram user id into ADMIN_USER_IDS.")
    text = "Nobody owns the bot. Run `python manage.py up`; who then opens this link first, within 24 hours, owns it:"
    return warning(CLAIM, text, f"{claim_link(username, token)} (or put your Telegram user id into ADMIN_USER_IDS)")


def _name(line: OperatorLine) -> str:
    return f"{line.view.name or line.view.user_id} ({line.unreachable})"
