"""Listens to people on Discord: messages, edits and deletes in paired channels.

Own posts are dropped by application, author or webhook, never by looking for a link. Whatever `webhooks` does not know
yet is for the sink to recognise. Deletes are passed on whosever the message was. An event that cannot be read costs
itself and a look at the history, never its channel.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import discord

from project.core.errors import AccountDead, TargetGone
from project.core.logs import get_logger
from project.core.secret import Secret
from project.discord.acts import Act
from project.discord.channel_feed import CatchUp, ChannelFeed, ListenerSink
from project.discord.client import Client, set_endpoints
from project.discord.directory import Directory
from project.discord.errors import blocks_address
from project.discord.events import Events
from project.discord.fields import Fields
from project.discord.gateway import GatewayLink
from project.discord.history import changes
from project.discord.opening import Opening
from project.discord.pacing import Backoff, IdentifyBudget, OncePer

__all__ = ["Listener", "ListenerSink"]

log = get_logger(__name__)

SCANS_AT_ONCE = 4
REREAD_SECONDS = 60.0  # between looks at a channel's history for the sake of events that cannot be read


class Listener:
    """One per bot token. `channels` tells the paired channels, from the start and at any time; `webhooks` the ids of
    webhooks that are ours, as far as known."""

    def __init__(
        self,
        *,
        token: Secret,
        api_url: str,
        gateway_url: str,
        channels: Callable[[], frozenset[int]],
        sink: ListenerSink,
        webhooks: Callable[[], frozenset[int]] = frozenset,
        rng: random.Random | None = None,
    ) -> None:
        self._token = token
        self._channels = channels
        self._webhooks = webhooks
        self._sink = sink
        self._client: Client
        self._rng = rng or random.Random()
        self._feeds: dict[int, tuple[ChannelFeed, asyncio.Task[None]]] = {}
        self._directory = Directory()
        self._opening = Opening(self._reread_all)
        self._scans = asyncio.Semaphore(SCANS_AT_ONCE)
        self._rereads = OncePer(REREAD_SECONDS)
        self._ended = False
        self._events = Events(
            channels=channels,
            is_ours=self._is_ours,
            put=self._put,
            lost=self._lost,
            directory=self._directory,
            opening=self._opening,
        )
        set_endpoints(api_url, gateway_url)

    async def run(self) -> None:
        """Listen until cancelled. Raises AccountDead when Discord refuses the token or the intents."""
        backoff, budget = Backoff(rng=self._rng), IdentifyBudget()
        self._client = await self._log_in(backoff)
        link = GatewayLink(
            self._client,
            on_session=self._new_session,
            on_loss=self._reread_all,
            backoff=backoff,
            budget=budget,
            rng=self._rng,
        )
        try:
            await link.run()
        finally:
            self._ended = True
            tasks = [task for _, task in self._feeds.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._client.end()

    def is_ready(self) -> bool:
        """Whether the gateway's session stands; for health checks."""
        return self._opening.is_open

    async def _log_in(self, backoff: Backoff) -> Client:
        while True:
            client = Client(self._events.hear)
            try:
                await client.log_in(self._token.reveal())
            except discord.LoginFailure:
                await client.end()
                problem = AccountDead(
                    "Discord does not accept the bot's token.",
                    code="401",
                    hint="Put a valid bot token into DISCORD_BOT_TOKEN.",
                )
            except (OSError, aiohttp.ClientError, discord.DiscordException, TimeoutError, ValueError) as error:
                log.warning("Discord is not reachable", error=type(error).__name__)
                await client.end()
                await asyncio.sleep(backoff.next(now=time.monotonic()))
                continue
            else:
                return client
            raise problem

    def catch_up(self, channel_id: int) -> None:
        """Read the channel's history after the sink's `last_seen`; for a pair that was paused until now."""
        self._put(channel_id, CatchUp())

    # --- what could not be read

    def _lost(self, channel_id: int | None) -> None:
        if channel_id is None:
            self._reread_all()
        else:
            self._reread(channel_id)

    def _reread_all(self) -> None:
        for channel_id in self._channels():
            self._reread(channel_id)

    def _reread(self, channel_id: int) -> None:
        """What an event did not tell, the history may. It could be every event: so not too often."""
        loop = asyncio.get_running_loop()
        wait = self._rereads.wait(channel_id, now=loop.time())
        if wait == 0:
            self.catch_up(channel_id)
        elif wait is not None:
            loop.call_later(wait, self.catch_up, channel_id)

    # --- inside

    def _concerns(self, event: Fields) -> bool:
        return not self._is_ours(event)

    def _is_ours(self, event: Fields) -> bool:
        """An edit may lack the author."""
        client = self._client
        if event.has("application_id") and event.snowflake("application_id") == client.own_application:
            return True
        if event.has("webhook_id"):
            return event.snowflake("webhook_id") in self._webhooks()
        return event.nested("author").snowflake("id") == client.bot_id

    def _new_session(self) -> None:
        """Every channel reads its history before it hands over anything that comes after this."""
        self._opening.close()
        for channel_id in self._channels():
            self.catch_up(channel_id)

    def _put(self, channel_id: int, act: Act | CatchUp) -> None:
        if not self._ended:  # a timer may ask late
            self._feed(channel_id).put(act)

    def _feed(self, channel_id: int) -> ChannelFeed:
        if channel_id not in self._feeds:
            feed = ChannelFeed(channel_id, sink=self._sink, scan=self._scan, ready=self._opening.wait)
            self._feeds[channel_id] = feed, asyncio.create_task(feed.run(), name=f"discord {channel_id}")
        return self._feeds[channel_id][0]

    async def _scan(self, channel_id: int) -> AsyncIterator[Act]:
        async with self._scans:
            found = changes(
                channel_id,
                reader=self._client,
                memory=self._sink,
                directory=self._directory,
                concerns=self._concerns,
            )
            try:
                async for act in found:
                    yield act
            except (discord.Forbidden, discord.NotFound) as error:
                if blocks_address(error.code):  # not this channel: everybody who asks from here
                    raise
                raise TargetGone("The bot may not see the channel, or it is gone.", code=str(error.code)) from error
