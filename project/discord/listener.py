"""Listens to people on Discord: messages, edits and deletes in paired channels. The only user of discord.py.

Own posts are dropped by application, author or webhook, never by looking for a link, and before discord.py makes
objects of them: they are most of what a busy listener hears. Whatever `webhooks` does not know yet is for the sink to
recognise. Deletes are passed on whosever the message was.
"""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.state import ConnectionState

from project.core.errors import AccountDead
from project.core.logs import get_logger
from project.core.secret import Secret
from project.discord.channel_feed import CatchUp, ChannelFeed, Delete, Edit, ListenerSink, Post
from project.discord.convert import neutral
from project.discord.gateway import GatewayLink
from project.discord.pacing import Backoff, IdentifyBudget

__all__ = ["Listener", "ListenerSink"]

log = get_logger(__name__)

CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 60.0
SCANS_AT_ONCE = 4
PAGE = 100  # messages of the history; Discord gives no more at once
# They repeat what stands elsewhere: the first message of a thread, and a poll with its end.
ECHOES = frozenset({discord.MessageType.thread_starter_message, discord.MessageType.poll_result})


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
        cdn_url: str = "",
        rng: random.Random | None = None,
    ) -> None:
        self._token = token
        self._channels = channels
        self._webhooks = webhooks
        self._sink = sink
        self._client: _Client
        self._rng = rng or random.Random()
        self._feeds: dict[int, tuple[ChannelFeed, asyncio.Task[None]]] = {}
        self._ready = asyncio.Event()
        self._scans = asyncio.Semaphore(SCANS_AT_ONCE)
        _set_endpoints(api_url, gateway_url, cdn_url)

    async def run(self) -> None:
        """Listen until cancelled. Raises AccountDead when Discord refuses the token or the intents."""
        backoff, budget = Backoff(rng=self._rng), IdentifyBudget()
        self._client = await self._log_in(backoff)
        link = GatewayLink(
            self._client,
            on_session=self._new_session,
            on_loss=self._catch_up_all,
            backoff=backoff,
            budget=budget,
            rng=self._rng,
        )
        try:
            await link.run()
        finally:
            tasks = [task for _, task in self._feeds.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _close(self._client)

    def is_ready(self) -> bool:
        """Whether the gateway's session stands; for health checks."""
        return self._ready.is_set()

    async def _log_in(self, backoff: Backoff) -> _Client:
        while True:
            client = _Client(self)
            try:
                await client.login(self._token.reveal())
            except discord.LoginFailure:
                await _close(client)
                problem = AccountDead(
                    "Discord does not accept the bot's token.",
                    code="401",
                    hint="Put a valid bot token into DISCORD_BOT_TOKEN.",
                )
            except (OSError, aiohttp.ClientError, discord.DiscordException, TimeoutError) as error:
                log.warning("Discord is not reachable", error=type(error).__name__)
                await _close(client)
                await asyncio.sleep(backoff.next(now=time.monotonic()))
                continue
            else:
                return client
            raise problem

    def catch_up(self, channel_id: int) -> None:
        """Read the channel's history after the sink's `last_seen`; for a pair that was paused until now."""
        self._feed(channel_id).put(CatchUp())

    # --- what discord.py tells; none of these waits, so the order stays

    def hears(self, event: Mapping[str, Any]) -> bool:
        """Whether a message's raw event is worth reading: in a paired channel, and not our own echo. An edit may lack
        the author."""
        if int(event["channel_id"]) not in self._channels():
            return False
        return not self._is_ours(
            application=_number(event.get("application_id")),
            author=_number((event.get("author") or {}).get("id")),
            webhook=_number(event.get("webhook_id")),
        )

    def opened(self) -> None:
        self._ready.set()
        log.info("listening to Discord")

    def posted(self, message: discord.Message) -> None:
        if self._concerns(message):
            self._feed(message.channel.id).put(Post(neutral(message), message.webhook_id))

    def edited(self, message: discord.Message) -> None:
        # Without an edit time it is not a person's edit: a preview of a link arrived, or it was pinned.
        if message.edited_at and self._concerns(message):
            self._feed(message.channel.id).put(Edit(neutral(message), message.webhook_id))

    def deleted(self, channel_id: int, message_ids: tuple[int, ...]) -> None:
        if channel_id in self._channels():
            self._feed(channel_id).put(Delete(message_ids))

    # --- inside

    def _concerns(self, message: discord.Message) -> bool:
        if message.channel.id not in self._channels() or message.is_system() or message.type in ECHOES:
            return False
        return not self._is_ours(
            application=message.application_id, author=message.author.id, webhook=message.webhook_id
        )

    def _is_ours(self, *, application: int | None, author: int | None, webhook: int | None) -> bool:
        client = self._client
        if application is not None and application == client.application_id:
            return True
        if webhook is not None:
            return webhook in self._webhooks()
        return client.user is not None and author == client.user.id

    def _new_session(self) -> None:
        self._ready.clear()
        self._catch_up_all()

    def _catch_up_all(self) -> None:
        """Every channel reads its history before it hands over anything that comes after this."""
        for channel_id in self._channels():
            self.catch_up(channel_id)

    def _feed(self, channel_id: int) -> ChannelFeed:
        if channel_id not in self._feeds:
            feed = ChannelFeed(channel_id, sink=self._sink, scan=self._scan, ready=self._wait_ready)
            self._feeds[channel_id] = feed, asyncio.create_task(feed.run(), name=f"discord {channel_id}")
        return self._feeds[channel_id][0]

    async def _wait_ready(self) -> None:
        await self._ready.wait()

    async def _scan(self, channel_id: int, last_seen: int) -> AsyncIterator[Post | Edit]:
        """What the channel's history knows: messages after `last_seen`, and edits of the page before."""
        async with self._scans:
            try:
                for message in self._others(channel_id, await self._client.page(channel_id, before=last_seen + 1)):
                    if message.edited_at:
                        yield Edit(neutral(message), message.webhook_id)
                page = await self._client.page(channel_id, after=last_seen)
                while page:
                    for message in self._others(channel_id, reversed(page)):
                        yield Post(neutral(message), message.webhook_id)
                    newest = int(page[0]["id"])
                    page = await self._client.page(channel_id, after=newest) if len(page) == PAGE else []
            except (discord.Forbidden, discord.NotFound) as error:
                log.warning("a channel cannot be read", channel=channel_id, code=error.code)

    def _others(self, channel_id: int, page: Iterable[Any]) -> Iterator[discord.Message]:
        """Of a page of the history what concerns us. Most of a relayed channel is our own, and objects are dear."""
        for event in page:
            if self.hears(event):
                message = self._client.message(channel_id, event)
                if self._concerns(message):
                    yield message


class _State(ConnectionState[Any]):
    """Leaves out messages that do not concern us; the gateway has counted them in its sequence by then."""

    def __init__(self, listener: Listener, **options: Any) -> None:
        self._listener = listener
        super().__init__(**options)

    def parse_message_create(self, data: Any) -> None:
        if self._listener.hears(data):
            super().parse_message_create(data)

    def parse_message_update(self, data: Any) -> None:
        if self._listener.hears(data):
            super().parse_message_update(data)


class _Client(discord.Client):
    """Hands events to the listener. No cache: messages are kept by nobody here."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            guild_ready_timeout=0.5,
            heartbeat_timeout=HEARTBEAT_SECONDS,
            connector=aiohttp.TCPConnector(limit=0, socket_factory=_watched_socket),
        )

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        return _State(
            self._listener,
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )

    async def page(self, channel_id: int, **where: int) -> list[Any]:
        """Up to a hundred messages `before` or `after` an id as Discord sends them, the newest first."""
        return list(await self.http.logs_from(channel_id, PAGE, **where))

    def message(self, channel_id: int, data: Any) -> discord.Message:
        """The object of a message of a page."""
        known = self.get_channel(channel_id)
        channel: Any = known if isinstance(known, discord.abc.Messageable) else self.get_partial_messageable(channel_id)
        return self._connection.create_message(channel=channel, data=data)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py would wait here; the link has done so already (`IdentifyBudget`)."""

    async def on_ready(self) -> None:
        self._listener.opened()

    async def on_message(self, message: discord.Message) -> None:
        self._listener.posted(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self._listener.edited(event.message)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self._listener.deleted(event.channel_id, (event.message_id,))

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        self._listener.deleted(event.channel_id, tuple(sorted(event.message_ids)))


def _set_endpoints(api_url: str, gateway_url: str, cdn_url: str) -> None:
    # discord.py keeps its endpoints in class attributes: they hold for the whole process.
    discord.http.Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    if cdn_url:
        discord.asset.Asset.BASE = cdn_url.rstrip("/")


def _number(snowflake: str | None) -> int | None:
    return None if snowflake is None else int(snowflake)


def _watched_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket on which a half-open connection shows within 30 s, long before the heartbeat would tell."""
    family, kind, proto, *_ = address
    made = socket.socket(family, kind, proto)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000)
    return made


async def _close(client: discord.Client) -> None:
    try:
        await asyncio.wait_for(client.close(), CLOSE_SECONDS)
    except TimeoutError:
        log.warning("the gateway connection did not close in time")
