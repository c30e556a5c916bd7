"""Where on Discord a pair posts: found out and checked before a pair is saved."""

from __future__ import annotations

from dataclasses import dataclass

from pairs.domain.channels import read_channel
from pairs.models import Pair
from pairs.services.patience import patiently
from project.core.config import current
from project.core.crypto import seal
from project.core.errors import Conflict, GatewayError, InvalidInput
from project.core.redaction import names_webhook
from project.core.stopping import run
from project.discord.rest import DiscordRest, Webhook
from project.discord.session import open_http
from project.discord.urls import parse_webhook_url


@dataclass(frozen=True, slots=True)
class DiscordTarget:
    """A channel, and the webhook to post through; without one the bot posts."""

    channel_id: int
    guild_id: int | None
    title: str
    webhook: Webhook | None


def find_target(reference: str) -> DiscordTarget:
    """By webhook URL, or by a channel's id, link or mention for the bot. Asks Discord.

    Raises InvalidInput, Conflict and GatewayError. No message repeats the reference: it may be a secret.
    """
    return run(patiently(lambda: _find(reference.strip())))


def sealed_token(pair: Pair, target: DiscordTarget) -> bytes | None:
    """The token of the target's webhook as the pair's row keeps it; None where the bot posts."""
    if target.webhook is None:
        return None
    return seal(target.webhook.token.reveal().encode(), owner=pair.seal_owner, keys=current().master_keys)


def no_thread(webhook: Webhook) -> str:
    """What is wrong with a URL that names a thread, "" for one that names none."""
    return "Pairs post into channels, not threads." if webhook.thread_id else ""


async def _find(reference: str) -> DiscordTarget:
    config = current()
    async with open_http() as http:
        rest = DiscordRest(http=http, api_url=config.discord_api_url, token=config.discord_bot_token)
        if not names_webhook(reference):
            return await _channel(rest, read_channel(reference).channel_id)
        webhook = parse_webhook_url(reference, api_url=config.discord_api_url)
        if problem := no_thread(webhook):
            raise InvalidInput(problem, hint="Leave ?thread_id=… off the URL.")
        info = await rest.webhook(webhook)
        return DiscordTarget(info.channel_id, info.guild_id, await _title(rest, info.channel_id), webhook)


async def _title(rest: DiscordRest, channel_id: int) -> str:
    """The channel's name, as far as there is a bot that can see it."""
    if current().discord_bot_token is None:
        return ""
    try:
        return (await rest.channel(channel_id)).name
    except GatewayError:
        return ""


async def _channel(rest: DiscordRest, channel_id: int) -> DiscordTarget:
    if current().discord_bot_token is None:
        raise Conflict("A channel id needs the Discord bot.", hint="Set DISCORD_BOT_TOKEN, or give a webhook URL.")
    info = await rest.channel(channel_id)
    missing = {"View Channels", "Send Messages"} - await rest.permissions(channel_id)
    if missing:
        raise InvalidInput(
            f"The Discord bot may not post in #{info.name}.", hint=f"Give it: {', '.join(sorted(missing))}."
        )
    return DiscordTarget(info.id, info.guild_id, info.name, None)
