"""The one process that listens to Discord for all pairs: holder of the bot token's gateway session, by lease."""

from __future__ import annotations

import asyncio
import signal
import uuid

import aiohttp

from pairs.people import DiscordPeople
from project.core.config import Config
from project.core.errors import AccountDead, SettingError
from project.core.logs import get_logger
from project.core.secret import Secret
from project.discord.listener import Listener
from project.discord.rest import DiscordRest
from workers.database import DatabaseDown, Link
from workers.node.guard import Guard
from workers.worker import fence
from workers.worker.leases import Keeper

log = get_logger(__name__)

TAKEN_POLL = 1.0  # seconds between tries while another process listens
REFUSED_REST = 3600.0  # seconds; what ends is started again at once, and Discord allows 1000 IDENTIFYs a day


async def listen(config: Config) -> None:
    """Listens until SIGTERM or SIGINT. Raises SettingError without a token, AccountDead for a wrong one, and an hour
    after Discord's gateway refused the bot.

    A second process on the same token waits until the first one's lease is free.
    """
    if config.discord_bot_token is None:
        raise SettingError("DISCORD_BOT_TOKEN", "is not set, so there is nobody to listen as.")
    fence.prepare()
    work = asyncio.create_task(_listen_or_rest(config, config.discord_bot_token))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        log.info("listener stopped")


async def _listen_or_rest(config: Config, token: Secret) -> None:
    await _await_binding(config)
    bot = await _bot_id(config, token)  # a wrong token ends the program here, before Discord is asked for a session
    try:
        await _listen(config, token, bot)
    except AccountDead as error:
        fence.disarm()  # nothing is held any more
        log.error("Discord refuses the bot; mend it and restart this service", code=error.code, hint=error.for_people())
        await asyncio.sleep(REFUSED_REST)
        raise


async def _listen(config: Config, token: Secret, bot: int) -> None:
    keeper = Keeper(
        owner=f"discord:{uuid.uuid4()}",
        egress="",
        ttl=config.lease_ttl,
        renew=config.lease_renew,
        limit=config.lease_fence,
        handover_wait=0.0,
    )
    name = f"discord.{bot}"
    renewing = asyncio.create_task(keeper.run())
    await _acquire(keeper, name)
    people = DiscordPeople(config.database_url)
    await people.refresh()
    listener = Listener(
        token=token,
        api_url=config.discord_api_url,
        gateway_url=config.discord_gateway_url,
        cdn_url=config.discord_cdn_url,
        channels=people.channels,
        sink=people,
        webhooks=people.webhooks,
    )
    works = people.follow_pairs(listener.catch_up), listener.run()
    tasks = [renewing, *(asyncio.create_task(work) for work in works)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=5)
        await people.close()
        await keeper.release(name)


async def _bot_id(config: Config, token: Secret) -> int:
    async with aiohttp.ClientSession() as http:
        rest = DiscordRest(http=http, api_url=config.discord_api_url, token=token)
        return (await rest.me()).id


async def _await_binding(config: Config) -> None:
    """Nothing is done for a database that this host is not bound to; its guard says what to do."""
    guard, link = Guard(config, node=uuid.uuid4()), Link("discord binding")
    free = False
    while not free:
        try:
            async with link.use() as conn:
                free = await guard.allows(conn)
        except DatabaseDown as error:
            log.warning("no database for now", reason=str(error))
        if not free:
            await asyncio.sleep(TAKEN_POLL)
    link.close()


async def _acquire(keeper: Keeper, name: str) -> None:
    while True:
        try:
            acquired = await keeper.acquire(name)
        except DatabaseDown as error:
            log.warning("lease not acquired yet", lease=name, reason=str(error))
            acquired = None
        if acquired is not None:
            return  # without the wait that Telegram needs: two gateway sessions of one token do no harm
        await asyncio.sleep(TAKEN_POLL)
