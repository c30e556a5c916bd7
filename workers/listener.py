"""The one process that listens to Discord for all pairs: holder of the bot token's gateway session, by lease."""

from __future__ import annotations

from functools import partial

from pairs.people import DiscordPeople
from project.core.config import Config
from project.core.errors import SettingError
from project.core.secret import Secret
from project.core.together import first_of
from project.discord.listener import Listener
from project.discord.rest import DiscordRest
from project.discord.session import open_http
from workers.holder import await_binding, hold, rest_when_refused, until_signal


async def listen(config: Config) -> None:
    """Listens until SIGTERM or SIGINT. Raises SettingError without a token, AccountDead for a wrong one, and an hour
    after Discord's gateway refused the bot.

    A second process on the same token waits until the first one's lease is free.
    """
    if config.discord_bot_token is None:
        raise SettingError("DISCORD_BOT_TOKEN", "is not set, so there is nobody to listen as.")
    await until_signal(_listen(config, config.discord_bot_token))


async def _listen(config: Config, token: Secret) -> None:
    await await_binding(config, "discord")
    bot = await _bot_id(config, token)  # a wrong token ends the program here, before Discord is asked for a session
    await rest_when_refused(hold(config, f"discord.{bot}", partial(_follow_gateway, config, token)))


async def _follow_gateway(config: Config, token: Secret) -> None:
    people = DiscordPeople(config.database_url, link_days=config.link_days)
    try:
        await people.refresh()
        listener = Listener(
            token=token,
            api_url=config.discord_api_url,
            gateway_url=config.discord_gateway_url,
            channels=people.channels,
            sink=people,
            webhooks=people.webhooks,
        )
        await first_of(people.follow_pairs(listener.catch_up), listener.run())
    finally:
        await people.close()


async def _bot_id(config: Config, token: Secret) -> int:
    async with open_http() as http:
        rest = DiscordRest(http=http, api_url=config.discord_api_url, token=token)
        return (await rest.me()).id
