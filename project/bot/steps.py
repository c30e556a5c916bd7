"""The first lines of /start's checklist: what Telegram and Discord have to know of this installation."""

from __future__ import annotations

import asyncio

from pairs.services.checks import INTENT
from project.botkit.parts import Step
from project.core.config import Config, current
from project.core.errors import AccountDead, GatewayError
from project.core.secret import Secret
from project.discord.rest import DiscordRest
from project.discord.session import open_http

_LIMIT = 10.0  # seconds for Discord's answer
_PLATFORM = "https://my.telegram.org, API development tools"
_PORTAL = "https://discord.com/developers/applications"


def credentials() -> Step:
    """The settings without which nothing works."""
    missing = missing_credentials(current())
    todo = f"Set {', '.join(missing)} and restart. Telegram's come from {_PLATFORM}; Discord's from {_PORTAL}."
    return Step(10, "Credentials of Telegram and Discord", done=not missing, todo=todo if missing else "")


def intents() -> Step:
    """Whether Discord lets the bot read what people write."""
    token = current().discord_bot_token
    problem = asyncio.run(_intent_problem(token)) if token is not None else "Set DISCORD_BOT_TOKEN first."
    return Step(20, "Discord bot may read messages", done=not problem, todo=problem)


def missing_credentials(config: Config) -> list[str]:
    """Names of the settings that are not set."""
    found = {
        "TELEGRAM_API_ID": bool(config.telegram_api_id),
        "TELEGRAM_API_HASH": bool(config.telegram_api_hash.reveal()),
        "DISCORD_BOT_TOKEN": config.discord_bot_token is not None,
    }
    return [name for name, is_set in found.items() if not is_set]


async def _intent_problem(token: Secret) -> str:
    """What to do about it, "" when all is well."""
    try:
        async with asyncio.timeout(_LIMIT), open_http() as http:
            bot = await DiscordRest(http=http, api_url=current().discord_api_url, token=token).me()
    except AccountDead:
        return "Discord does not accept DISCORD_BOT_TOKEN: take it anew from the portal."
    except (GatewayError, TimeoutError):
        return "Discord does not answer just now; look again in a minute."
    return "" if bot.reads_content else INTENT.format(bot.application_id)
