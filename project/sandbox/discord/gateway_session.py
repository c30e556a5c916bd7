"""A gateway session: numbered events, kept for RESUME, and the connection that carries them now."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import zlib
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSCloseCode, web

from project.sandbox.discord.model import Bot
from project.sandbox.discord.state import Json

_MAX_QUEUED = 20_000


@dataclass(frozen=True, slots=True)
class _Close:
    code: int


class Connection:
    """One websocket, with an outgoing queue so that nothing in the world waits for a slow reader."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, *, compressed: bool) -> None:
        self._socket = socket
        self._request = request
        self._zlib = zlib.compressobj() if compressed else None
        self._queue: asyncio.Queue[bytes | _Close] = asyncio.Queue(_MAX_QUEUED)
        self.silent = False  # half-open: nothing is answered any more
        self.close_code: int | None = None

    def send(self, payload: Json) -> None:
        """Queues one payload; a reader 20,000 events behind is cut off."""
        try:
            self._queue.put_nowait(msgspec.json.encode(payload))
        except asyncio.QueueFull:
            self.cut()

    def close(self, code: int) -> None:
        """Closes with a code after what is queued."""
        try:
            self._queue.put_nowait(_Close(code))
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """Cuts the TCP connection without a close frame."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def write(self) -> None:
        """Sends what is queued until it is closed; a lost connection is the reader's to notice."""
        with contextlib.suppress(ConnectionError):
            await self._write()

    async def _write(self) -> None:
        while True:
            item = await self._queue.get()
            if self.silent:
                continue
            if isinstance(item, _Close):
                self.close_code = item.code
                await self._socket.close(code=item.code, drain=False)
                return
            await self._send(item)

    async def _send(self, text: bytes) -> None:
        if self._zlib is None:
            await self._socket.send_str(text.decode())
        else:
            await self._socket.send_bytes(self._zlib.compress(text) + self._zlib.flush(zlib.Z_SYNC_FLUSH))

    @property
    def client_ended_session(self) -> bool:
        """Whether the client closed with 1000 or 1001, which kills its session."""
        ended = {WSCloseCode.OK, WSCloseCode.GOING_AWAY}
        return self.close_code is None and self._socket.close_code in ended


@dataclass(slots=True)
class GatewaySession:
    """State that outlives a connection. `detached_at` is monotonic seconds, None while connected."""

    id: str
    bot: Bot
    intents: int
    buffer: collections.deque[tuple[int, Json]]
    seq: int = 0
    connection: Connection | None = None
    detached_at: float | None = None
    first_kept: int = field(default=1)
    deaf: bool = False

    def dispatch(self, name: str, data: object) -> None:
        """Numbers an event, keeps it, and sends it when connected. A deaf session loses it for good."""
        if self.deaf:
            return
        self.seq += 1
        payload: Json = {"op": 0, "t": name, "s": self.seq, "d": data}
        self.buffer.append((self.seq, payload))
        if self.connection is not None:
            self.connection.send(payload)

    def can_replay(self, seq: int) -> bool:
        """Whether every event after `seq` is still kept."""
        return seq == self.seq or (bool(self.buffer) and self.buffer[0][0] <= seq + 1)

    def replay(self, seq: int) -> None:
        """Sends the kept events after `seq` again, then RESUMED."""
        if self.connection is not None:
            for number, payload in self.buffer:
                if number > seq:
                    self.connection.send(payload)
        self.dispatch("RESUMED", {})
