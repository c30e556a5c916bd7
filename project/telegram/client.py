"""Telethon's client, held to one connection, single attempts and our own order.

What it does not do, on purpose: reconnect by itself (one TCP connect closed at once gave 1712 connects in 3 s), repeat
a request (RANDOM_ID_DUPLICATE was repeated for 12 s), sleep through flood waits, run handlers side by side (which loses
the order), or store its state on its own.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any

from telethon import TelegramClient
from telethon._updates import ChannelState, Entity, EntityType, SessionState
from telethon.tl import types
from telethon.tl.alltlobjects import LAYER
from telethon.tl.functions import (
    InitConnectionRequest,
    InvokeWithLayerRequest,
    InvokeWithoutUpdatesRequest,
    PingDelayDisconnectRequest,
)
from telethon.tl.functions.channels import GetFullChannelRequest
from telethon.tl.functions.help import GetConfigRequest
from telethon.tl.functions.updates import GetChannelDifferenceRequest, GetDifferenceRequest, GetStateRequest

from project.telegram.box import Box, ChannelCache
from project.telegram.connection import HardConnection
from project.telegram.proxy import Proxy
from project.telegram.qr import LoginEars
from project.telegram.sender import CALL_LIMIT, Lost, Sender, Unreadable
from project.telegram.session import MemorySession
from project.telegram.values import App

PING_EVERY = 10.0  # seconds
PING_LIMIT = 10.0  # seconds: a peer that does not answer is noticed after 20 s at the latest
_SERVER_PATIENCE = 35  # seconds without a ping until the server closes the connection on its side
CONNECT_LIMIT = 10  # seconds for the TCP connection alone
CLOSE_LIMIT = 5.0  # seconds

_log = logging.getLogger("project.telegram.wire")
_relay_log = logging.getLogger(__name__)
_log.setLevel(logging.WARNING)  # below that Telethon writes what it receives


class Client(TelegramClient):  # type: ignore[misc]
    """One connection of one account. After it has ended a new client is made.

    `on_updates(updates, users, chats)` gets raw updates in order, in the same step in which the counters move, so that
    saved counters are never ahead of what was handed over. `on_gap(channel id or None)` reports what may be missing.
    `on_tick()` is called about every 10 s, `on_login_token()` when somebody scanned this login's QR code.
    """

    def __init__(
        self,
        session: MemorySession,
        app: App,
        *,
        egress: str,
        proxy: Proxy | None,
        on_updates: Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], None],
        on_gap: Callable[[int | None], None],
        on_tick: Callable[[], None],
        on_login_token: Callable[[], None],
    ) -> None:
        device = app.device
        listens = bool(session.state.user_id) and not session.state.is_bot
        super().__init__(
            session,
            app.api_id,
            app.api_hash.reveal(),
            connection=HardConnection,
            local_addr=egress or None,
            timeout=CONNECT_LIMIT,
            request_retries=0,
            connection_retries=0,
            retry_delay=0,
            auto_reconnect=False,
            sequential_updates=True,
            flood_sleep_threshold=0,
            raise_last_call_error=True,
            device_model=device.device_model,
            system_version=device.system_version,
            app_version=device.app_version,
            lang_code=device.lang_code,
            system_lang_code=device.system_lang_code,
            receive_updates=not session.state.is_bot,
            entity_cache_limit=5000,
            base_logger=_log,
        )
        self._proxy = proxy
        self.listens = listens
        self.config: Any = None
        self._on_updates, self._on_tick = on_updates, on_tick
        self._message_box = Box(self._log["messagebox"], on_gap)
        self._mb_entity_cache = ChannelCache()
        self._sender = self.new_sender(session.auth_key, self._updates_queue if listens else LoginEars(on_login_token))
        self._sender._auth_key_callback = self._auth_key_callback

    def new_sender(self, auth_key: Any, updates_queue: Any) -> Sender:
        """A sender that makes one attempt to connect."""
        return Sender(
            auth_key,
            loggers=self._log,
            retries=0,
            delay=0,
            auto_reconnect=False,
            connect_timeout=CONNECT_LIMIT,
            updates_queue=updates_queue,
        )

    def new_connection(self, host: str, port: int, dc_id: int) -> HardConnection:
        """A connection, not yet open."""
        return HardConnection(host, port, dc_id, loggers=self._log, proxy=self._proxy, local_addr=self._local_addr)

    def introduction(self, query: Any) -> InvokeWithLayerRequest:
        """The first request of any connection: who we are, around a `query`."""
        init: InitConnectionRequest = self._init_request
        init.query = query
        request = InvokeWithoutUpdatesRequest(init) if self._no_updates else init
        return InvokeWithLayerRequest(LAYER, request)

    async def open(self) -> None:
        """Connect once, make a key when there is none, and introduce ourselves. Raises ConnectionError, RPCError."""
        self._loop = asyncio.get_running_loop()
        state = self.session.state
        await self._sender.connect(self.new_connection(state.host, state.port, state.dc_id))
        self.session.auth_key = self._sender.auth_key
        self.config = await self._sender.ask(self.introduction(GetConfigRequest()))

    async def prepare(self) -> None:
        """Know from which counters to go on: the kept ones, else the server's present ones."""
        state = self.session.state
        self._authorized = True
        self._mb_entity_cache.set_self_user(state.user_id, state.is_bot, state.user_hash)
        self._catch_up = state.pts > 0
        if state.pts:
            self._load_counters()
        elif self.listens:
            self._message_box.set_state(await self.ask(GetStateRequest()))

    def _load_counters(self) -> None:
        state = self.session.state
        known = {i: state.channels[i] for i in state.channel_pts if i in state.channels}
        own = SessionState(0, 0, False, state.pts, state.qts, state.date, state.seq, None)
        self._message_box.load(own, [ChannelState(i, state.channel_pts[i]) for i in known])
        for channel_id, channel in known.items():
            self._mb_entity_cache.put(Entity(EntityType.CHANNEL, channel_id, channel.access_hash))

    def counter(self, channel_id: int | None) -> int | None:
        """Up to where the changes of a channel, or of the account's own chats (None), were handed over."""
        return self._message_box.counter(channel_id)

    def begin_counter(self, channel_id: int, pts: int) -> None:
        """Changes of a channel after `pts` are told, or missed and asked for; before, its first update alone would be
        the beginning."""
        known = self.session.channel(channel_id)
        if self.listens and known is not None:
            self._message_box.begin(channel_id, pts)
            self._mb_entity_cache.put(Entity(EntityType.CHANNEL, channel_id, known.access_hash))

    def ask_for_missed(self, channel_id: int | None) -> None:
        """Have the update loop ask for what was not told of a channel, or of the account's own chats (None)."""
        if not self.listens:
            return
        long = types.UpdateChannelTooLong(channel_id) if channel_id is not None else None
        self._updates_queue.put_nowait(
            types.UpdateShort(long, self._message_box.date) if long else types.UpdatesTooLong()
        )

    def start_tasks(self) -> None:
        """From here on updates are handed over, and the peer is watched."""
        loop = asyncio.get_running_loop()
        if self.listens:
            self._updates_handle = loop.create_task(self._update_loop())
        self._keepalive_handle = loop.create_task(self._keepalive_loop())

    async def ask(self, request: Any, *, limit: float = CALL_LIMIT) -> Any:
        """One attempt. Raises RPCError with its `exact` name, or Lost."""
        answer = await self._sender.ask(
            InvokeWithoutUpdatesRequest(request) if self._no_updates else request, limit=limit
        )
        self.session.process_entities(answer)
        return answer

    def end(self, reason: BaseException | None) -> None:
        """Begin to close, without waiting."""
        self._sender._start_reconnect(reason)

    @property
    def updates_error(self) -> BaseException | None:
        """What ended the reading of updates, and with it the connection."""
        error: BaseException | None = self._updates_error
        return error

    async def ended(self) -> BaseException | None:
        """Wait until the connection is over. The reason, when it was not us."""
        over = self._sender._disconnected
        await asyncio.wait({over})
        error: BaseException | None = self.updates_error or over.exception()
        return error

    async def close(self) -> None:
        """Close hard. Bounded, never raises."""
        self.keep_counters()
        closing = asyncio.ensure_future(self._disconnect_coro())
        await asyncio.wait({closing}, timeout=CLOSE_LIMIT)
        over = self._sender._disconnected
        if over.done() and not over.cancelled():
            over.exception()  # looked at, else the loop complains that nobody did

    def keep_counters(self) -> bool:
        """Put the update counters into the session; True when they moved."""
        if not self.listens or self._message_box.is_empty():
            return False
        moved: bool = self.session.set_counters(*self._message_box.session_state())
        return moved

    # --- Telethon calls these -----------------------------------------------------------------------------------------

    async def _call(
        self, sender: Any, request: Any, ordered: bool = False, flood_sleep_threshold: int | None = None
    ) -> Any:
        """Telethon's own requests: differences. One that cannot be decoded counts as too long, so that the chat's
        history is read, and what cannot be read of that costs itself alone."""
        try:
            return await self.ask(request)
        except Unreadable as error:
            _relay_log.error("a difference of updates cannot be read: %s", error)
            return await self._as_too_long(request)

    async def _as_too_long(self, request: Any) -> Any:
        if isinstance(request, GetDifferenceRequest):
            return types.updates.DifferenceTooLong((await self.ask(GetStateRequest())).pts)
        if not isinstance(request, GetChannelDifferenceRequest):
            raise Unreadable
        full = await self.ask(GetFullChannelRequest(request.channel))
        peer, nothing = types.PeerChannel(request.channel.channel_id), types.PeerNotifySettings()
        dialog = types.Dialog(peer, 0, 0, 0, 0, 0, 0, 0, nothing, pts=full.full_chat.pts)
        return types.updates.ChannelDifferenceTooLong(dialog, [], [], [], final=True)

    async def _preprocess_updates(self, updates: Any, users: Any, chats: Any) -> list[Any]:
        self._mb_entity_cache.extend((), chats)
        for chat in chats:
            self.session.remember(chat)
        self._on_updates(updates, users, chats)
        return []

    async def _keepalive_loop(self) -> None:
        while self.is_connected():
            await asyncio.sleep(PING_EVERY)
            ping = PingDelayDisconnectRequest(random.getrandbits(63), _SERVER_PATIENCE)
            try:
                await self._sender.ask(ping, limit=PING_LIMIT)
            except Lost:
                self.end(None)
                return
            self._on_tick()

    async def _save_states_and_entities(self) -> None:
        self.keep_counters()
