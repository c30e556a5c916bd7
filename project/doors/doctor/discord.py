"""Discord: the bot, its intents, and its permissions in every paired channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp

from pairs.services.checks import INTENT, POSTING, READING
from project.core.checks import Check, failed, ok, warning
from project.core.config import Config
from project.core.errors import AccountDead, GatewayError, RetryLater
from project.core.words import counted
from project.discord.invite import invite_link, permission_names
from project.discord.rest import DiscordRest

MOST = 100  # channels that are looked at: each costs four requests
_AT_ONCE = 4
_TRIES = 3
_WAIT = 10.0  # seconds, at most, before a channel is looked at once more
_TOKEN = "Put the token from https://discord.com/developers/applications (Bot, Reset Token) into DISCORD_BOT_TOKEN."  # noqa: S105


@dataclass(frozen=True, slots=True)
class PairedChannel:
    """A channel that pairs post into; `by_bot` when at least one of them does so as the bot."""

    id: int
    title: str
    by_bot: bool


async def check_discord(
    http: aiohttp.ClientSession, config: Config, channels: Sequence[PairedChannel]
) -> AsyncIterator[Check]:
    """The bot from its token to its last permission."""
    if config.discord_bot_token is None:
        text = "DISCORD_BOT_TOKEN is not set: people on Discord are not heard, and pairs need webhooks."
        yield warning("Discord bot", text, _TOKEN)
        return
    rest = DiscordRest(http=http, api_url=config.discord_api_url, token=config.discord_bot_token)
    try:
        bot = await rest.me()
    except AccountDead:
        yield failed("Discord bot", "DISCORD_BOT_TOKEN: Discord does not accept this token.", _TOKEN)
        return
    except GatewayError as error:
        yield failed("Discord bot", error.message, error.hint)
        return
    yield ok("Discord bot", f"{bot.name}.")
    if bot.reads_content:
        yield ok("intents", "The bot may read what people write.")
    else:
        text = "Message Content Intent is off: the bot cannot read what people write."
        yield failed("intents", text, INTENT.format(bot.application_id))
    link = f"{invite_link(bot.application_id)} (asks for: {', '.join(permission_names())})"
    if bot.servers == 0:
        yield warning("invitation", "The bot is on no server: it hears nobody, and cannot post.", f"Invite it: {link}.")
    else:
        yield ok("invitation", f"{link}.")
    for check in await look_at_channels(rest, channels[:MOST]):
        yield check


async def look_at_channels(rest: DiscordRest, channels: Sequence[PairedChannel]) -> list[Check]:
    """What the bot lacks, channel by channel, and in how many it lacks nothing."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look(channel: PairedChannel) -> Check:
        async with slots:
            return await _channel(rest, channel)

    found = await asyncio.gather(*map(look, channels))
    bad = [check for check in found if check.todo]
    good = len(found) - len(bad)
    return (
        [*bad, ok("permissions", f"The bot has what it needs in {counted(good, 'paired channel')}.")] if good else bad
    )


async def _channel(rest: DiscordRest, channel: PairedChannel) -> Check:
    needed = POSTING if channel.by_bot else READING
    try:
        missing = needed - await _patiently(lambda: rest.permissions(channel.id))
    except RetryLater as error:
        return warning("permissions", f"#{channel.title}: not looked at. {error.message}", "Try again in a minute.")
    except GatewayError as error:
        todo = error.hint if isinstance(error, AccountDead) else "Invite the bot with the link above."
        return failed("permissions", f"#{channel.title}: {error.message}", todo)
    if missing:
        names = ", ".join(sorted(missing))
        return failed("permissions", f"#{channel.title}: the bot lacks {names}.", f"Give it {names} there.")
    return ok("permissions", f"#{channel.title}")


async def _patiently(ask: Callable[[], Awaitable[frozenset[str]]]) -> frozenset[str]:
    """Asks again after the wait that Discord names: four channels at once are more than it takes at a time."""
    for _ in range(_TRIES - 1):
        try:
            return await ask()
        except RetryLater as error:
            if error.retry_after > _WAIT:
                raise
            await asyncio.sleep(error.retry_after)
    return await ask()
