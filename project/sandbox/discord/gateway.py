"""The gateway: HELLO, IDENTIFY, RESUME, heartbeats, dispatch, and its close codes (topics/gateway)."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import secrets
import time
from collections.abc import Callable, Mapping

from aiohttp import WSCloseCode, WSMsgType, web

from project.sandbox.discord import intents, payloads
from project.sandbox.discord.buckets import Windows
from project.sandbox.discord.gateway_events import event_for
from project.sandbox.discord.gateway_session import Connection, GatewaySession
from project.sandbox.discord.gateway_words import (
    ACK,
    ENDS_SESSION,
    HEARTBEAT,
    HELLO,
    IDENTIFY,
    INVALID,
    MEMBERS,
    PRESENCE,
    RECONNECT,
    RESUME,
    VOICE,
    Close,
    Kill,
    RefusedError,
    close_code,
    decode,
)
from project.sandbox.discord.model import Bot
from project.sandbox.discord.state import Happened, Happening, Json, State
from project.sandbox.faults import Counters, FaultBook, Phase


class Gateway:
    """All gateway sessions of a state."""

    def __init__(self, state: State, faults: FaultBook, counters: Counters, url: Callable[[], str]) -> None:
        self._state = state
        self._faults = faults
        self._counters = counters
        self._url = url
        self._windows = Windows()
        self._sessions: dict[str, GatewaySession] = {}
        self._connections: dict[Connection, GatewaySession | None] = {}
        state.listeners.append(self._tell)

    def _tell(self, happened: Happened) -> None:
        self._forget_old()
        for session in self._sessions.values():
            data = event_for(self._state, happened, session.bot, session.intents)
            if data is not None:
                session.dispatch(happened.what, data)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self._state.limits.session_kept
        kept = {k: s for k, s in self._sessions.items() if s.detached_at is None or s.detached_at > oldest}
        self._sessions = kept

    def connected(self, bot_id: int | None = None) -> int:
        """How many identified connections there are."""
        live = [s for s in self._connections.values() if s is not None]
        return sum(bot_id in (None, session.bot.id) for session in live)

    def kill(self, how: str, bot_id: int | None = None) -> int:
        """Disturbs the connections of a bot, or of all; how many were hit. May raise InvalidInput."""
        code = close_code(how)
        hit = [(c, s) for c, s in self._connections.items() if s is not None and bot_id in (None, s.bot.id)]
        for connection, session in hit:
            self._kill_one(how, code, connection, session)
        return len(hit)

    def _kill_one(self, how: str, code: int, connection: Connection, session: GatewaySession) -> None:
        if how in (Kill.INVALID, Kill.FORGET) or code in ENDS_SESSION:
            self._sessions.pop(session.id, None)
        if how == Kill.RECONNECT:
            connection.send({"op": RECONNECT, "d": None})
        elif how in (Kill.INVALID, Kill.INVALID_RESUMABLE):
            connection.send({"op": INVALID, "d": how == Kill.INVALID_RESUMABLE})
        elif how == Kill.SILENCE:
            connection.silent = True
        elif how == Kill.DEAF:
            session.deaf = True
        elif how in (Kill.CUT, Kill.FORGET):
            connection.cut()
        else:
            connection.close(code)

    def dispatch(self, name: str, data: object, bot_id: int | None = None) -> int:
        """Sends any event to the sessions of a bot, or of all; how many there were."""
        hit = [session for session in self._sessions.values() if bot_id in (None, session.bot.id)]
        for session in hit:
            session.dispatch(name, data)
        return len(hit)

    async def close(self, _: web.Application) -> None:
        """Says goodbye to everybody: the server stops."""
        for connection in list(self._connections):
            connection.close(WSCloseCode.GOING_AWAY)
        await asyncio.sleep(0)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One websocket from HELLO to its end."""
        socket = web.WebSocketResponse(autoping=False, max_msg_size=4096, compress=False)
        await socket.prepare(request)
        compressed = request.query.get("compress") == "zlib-stream"
        connection = Connection(socket, request, compressed=compressed)
        self._connections[connection] = None
        writer = asyncio.create_task(connection.write())
        try:
            await self._converse(socket, connection, request.query)
        except RefusedError as refused:
            connection.close(refused.code)
            with contextlib.suppress(TimeoutError, ConnectionError):
                await asyncio.wait_for(writer, 5)
        finally:
            writer.cancel()
            self._detach(connection)
        return socket

    def _detach(self, connection: Connection) -> None:
        session = self._connections.pop(connection)
        if session is None or session.connection is not connection:
            return
        session.connection = None
        session.detached_at = time.monotonic()
        if connection.client_ended_session:
            self._sessions.pop(session.id, None)

    async def _converse(self, socket: web.WebSocketResponse, connection: Connection, query: Mapping[str, str]) -> None:
        if query.get("v") != "10" or query.get("encoding", "json") != "json" or query.get("compress") == "zstd-stream":
            raise RefusedError(Close.INVALID_VERSION)
        interval = self._state.limits.heartbeat
        connection.send({"op": HELLO, "s": None, "t": None, "d": {"heartbeat_interval": round(interval * 1000)}})
        last_beat = time.monotonic()
        while True:
            wait = last_beat + interval * 1.5 - time.monotonic()
            try:
                frame = await socket.receive(timeout=max(wait, 0.001))
            except TimeoutError as problem:
                raise RefusedError(Close.TIMED_OUT) from problem
            if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            if connection.silent:
                last_beat = time.monotonic()
                continue
            if frame.type is WSMsgType.PING:
                await socket.pong(frame.data)
                continue
            if self._receive(connection, decode(frame.data)) == HEARTBEAT:
                last_beat = time.monotonic()

    def _receive(self, connection: Connection, payload: Mapping[str, object]) -> int:
        sends = self._state.limits.gateway_sends
        if sends is not None and self._windows.spend(f"sends:{id(connection)}", sends)[0] < 0:
            raise RefusedError(Close.RATE_LIMITED)
        op, data = payload.get("op"), payload.get("d")
        session = self._connections[connection]
        if op == HEARTBEAT:
            self._strike("gateway.HEARTBEAT", session.bot if session else None)
            connection.send({"op": ACK, "s": None, "t": None, "d": None})
        elif op in (IDENTIFY, RESUME):
            if session is not None:
                raise RefusedError(Close.ALREADY_AUTHENTICATED)
            fields = data if isinstance(data, Mapping) else {}
            (self._identify if op == IDENTIFY else self._resume)(connection, fields)
        elif session is None:
            raise RefusedError(Close.NOT_AUTHENTICATED)
        elif op == MEMBERS:
            self._send_members(session, data if isinstance(data, Mapping) else {})
        elif op not in (PRESENCE, VOICE):
            raise RefusedError(Close.UNKNOWN_OPCODE)
        return op if isinstance(op, int) else -1

    def _strike(self, method: str, bot: Bot | None) -> None:
        """A fault rule on a gateway method closes with the rule's code."""
        account = str(bot.id) if bot else ""
        self._counters.called(method, account)
        rule = self._faults.take(method, account)
        if rule is not None and rule.phase is Phase.BEFORE and rule.code:
            raise RefusedError(rule.code)

    def _authenticate(self, fields: Mapping[str, object]) -> Bot:
        bot = self._state.bot_by_token(str(fields.get("token") or "").removeprefix("Bot "))
        if bot is None:
            raise RefusedError(Close.AUTHENTICATION_FAILED)
        return bot

    def _identify(self, connection: Connection, fields: Mapping[str, object]) -> None:
        bot = self._authenticate(fields)
        self._strike("gateway.IDENTIFY", bot)
        wanted = fields.get("intents")
        if not isinstance(wanted, int) or intents.invalid(wanted):
            raise RefusedError(Close.INVALID_INTENTS)
        if intents.disallowed(wanted, bot):
            raise RefusedError(Close.DISALLOWED_INTENTS)
        limits = self._state.limits
        if limits.identify and self._windows.spend(f"identify:{bot.id}", limits.identify)[0] < 0:
            connection.send({"op": INVALID, "d": False})
            return
        bot.identifies += 1
        if bot.identifies > limits.identify_daily:
            bot.token = secrets.token_urlsafe(50)  # Discord resets the token and tells the owner
            raise RefusedError(Close.AUTHENTICATION_FAILED)
        self._start(connection, bot, wanted)

    def _start(self, connection: Connection, bot: Bot, wanted: int) -> None:
        buffer: collections.deque[tuple[int, Json]] = collections.deque(maxlen=self._state.limits.replay_buffer)
        session = GatewaySession(secrets.token_hex(16), bot, wanted, buffer, connection=connection)
        self._sessions[session.id] = session
        self._connections[connection] = session
        guilds = [guild for guild in self._state.guilds.values() if bot.id in guild.bots]
        ready: Json = {
            "v": 10,
            "user": payloads.own_user(bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self._url(),
            "private_channels": [],
            "application": {"id": str(bot.application_id), "flags": payloads.application_flags(bot)},
        }
        session.dispatch("READY", ready)
        for guild in guilds:
            self._tell_guild(session, guild.id)

    def _tell_guild(self, session: GatewaySession, guild_id: int) -> None:
        happened = Happened(Happening.GUILD_CREATE, guild_id)
        data = event_for(self._state, happened, session.bot, session.intents)
        if data is not None:
            session.dispatch(happened.what, data)

    def _resume(self, connection: Connection, fields: Mapping[str, object]) -> None:
        bot = self._authenticate(fields)
        self._strike("gateway.RESUME", bot)
        self._forget_old()
        session = self._sessions.get(str(fields.get("session_id")))
        seq = fields.get("seq")
        if session is None or session.bot is not bot:
            connection.send({"op": INVALID, "d": False})
            return
        if not isinstance(seq, int) or not 0 <= seq <= session.seq:
            self._sessions.pop(session.id)
            raise RefusedError(Close.INVALID_SEQUENCE)
        if session.deaf or not session.can_replay(seq):
            self._sessions.pop(session.id)
            connection.send({"op": INVALID, "d": False})
            return
        if session.connection is not None:  # a half-open one is replaced
            self._connections[session.connection] = None
            session.connection.cut()
        session.connection, session.detached_at = connection, None
        self._connections[connection] = session
        session.replay(seq)

    def _send_members(self, session: GatewaySession, fields: Mapping[str, object]) -> None:
        guild = self._state.guilds.get(int(str(fields.get("guild_id") or 0)))
        if guild is None or session.bot.id not in guild.bots:
            return
        members = [payloads.member_with_user(self._state, guild, session.bot)]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": members,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"nonce": fields.get("nonce")})
