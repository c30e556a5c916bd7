"""discord.py, cut down to what it is good at: the socket with its compression and heartbeats, and requests.

It builds no objects of what Discord sends: one message, server or channel that its classes do not take would cost the
whole page or connection (discord.py#10115: a forward whose `components` are null). Events go on as they came.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeVar

import aiohttp
import discord
import msgspec
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.state import ConnectionState

from project.core.logs import get_logger
from project.discord.errors import UNKNOWN_MESSAGE
from project.discord.fields import Fields

log = get_logger(__name__)

CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 60.0
PAGE = 100  # messages of the history; Discord gives no more at once
T = TypeVar("T")
Hear = Callable[[str, object], None]  # an event's name and data, in order; it must not fail


class Client(discord.Client):
    """One login. `hear` is called for each event of the gateway."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self.bot_id: int | None = None
        self.own_application: int | None = None
        intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            heartbeat_timeout=HEARTBEAT_SECONDS,
            connector=aiohttp.TCPConnector(limit=0, socket_factory=_watched_socket),
        )

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        return _State(
            self._hear, dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    async def log_in(self, token: str) -> None:
        """Raises discord.LoginFailure for a wrong token."""
        await self._async_setup_hook()
        self.bot_id = Fields(await self.http.static_login(token)).snowflake("id")
        self.own_application = Fields(await self.http.application_info()).snowflake("id")
        if self.bot_id is None or self.own_application is None:
            raise discord.DiscordException("Discord does not say who the bot is.")

    async def page(self, channel_id: int, **where: int) -> list[Any]:
        """Up to a hundred messages `before` or `after` an id, or the newest, as Discord sends them, the newest first.
        Raises TypeError for an answer that is no list."""
        found: Any = await self.http.logs_from(channel_id, PAGE, **where)
        if not isinstance(found, list):
            raise TypeError(f"GET /channels/*/messages was answered with {type(found).__name__}, not a list")
        return found

    async def is_gone(self, channel_id: int, message_id: int) -> bool:
        """Whether Discord says that there is no such message, which it says only to who may read the channel."""
        try:
            await self.http.get_message(channel_id, message_id)
        except discord.NotFound as error:
            return str(error.code) == UNKNOWN_MESSAGE
        except discord.Forbidden:
            return False
        return False

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Nobody listens to discord.py's own events."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py would wait here; the link has done so already (`IdentifyBudget`)."""

    async def end(self) -> None:
        """Close, within seconds."""
        try:
            await asyncio.wait_for(self.close(), CLOSE_SECONDS)
        except TimeoutError:
            log.warning("the gateway connection did not close in time")


class Socket(DiscordWebSocket):
    """Hands each event on as it came, and reads of READY only what a RESUME needs."""

    async def received_message(self, msg: Any, /) -> None:
        """One frame. Raises msgspec.DecodeError for one that is no JSON, ReconnectWebSocket when no more can follow."""
        text = self._decompressed(msg)
        if text is None:
            return
        frame = msgspec.json.decode(text)
        if not isinstance(frame, dict) or frame.get("op") != self.DISPATCH:
            await super().received_message(text)
            return
        if type(frame.get("s")) is int:
            self.sequence = frame["s"]
        if self._keep_alive:
            self._keep_alive.tick()
        name, data = frame.get("t"), frame.get("d")
        if name == "READY":
            self._begin(Fields(data))
        if isinstance(name, str):
            self._connection.hear(name, data)  # type: ignore[attr-defined]

    def _decompressed(self, frame: str | bytes) -> str | None:
        if isinstance(frame, str):
            return frame
        try:
            return self._decompressor.decompress(frame)
        except Exception as error:
            # Whichever library decompresses: after one broken frame it cannot read the next.
            log.exception("the gateway's stream is broken", error=type(error).__name__)
            raise ReconnectWebSocket(self.shard_id) from None

    def _begin(self, ready: Fields) -> None:
        """Without a session's name it cannot be resumed: the next connection begins anew."""
        self.session_id = ready.text("session_id") or None
        self.gateway = self.DEFAULT_GATEWAY
        address = ready.text("resume_gateway_url")
        try:
            self.gateway = yarl.URL(address) if address else self.gateway
        except ValueError:
            ready.blame("resume_gateway_url")
        if ready.trouble:
            log.error("the gateway's greeting could not be read whole", fields=ready.trouble)


class _State(ConnectionState[Any]):
    """What discord.py's socket knows of the rest."""

    def __init__(self, hear: Hear, **options: Any) -> None:
        self.hear = hear
        super().__init__(**options)


def set_endpoints(api_url: str, gateway_url: str) -> None:
    """discord.py keeps its endpoints in class attributes: they hold for the whole process."""
    discord.http.Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


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
