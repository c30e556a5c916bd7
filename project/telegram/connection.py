"""One TCP connection to Telegram that notices a dead peer, and closes at once.

Telethon alone needs 60-120 s to notice a half-open connection. A hard close matters too: a key that is seen on two
connections may be destroyed by Telegram, so nothing of the old one may linger.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from telethon import helpers
from telethon.network import ConnectionTcpFull

from project.telegram.proxy import Proxy, pass_through

PEER_SILENCE = 20.0  # seconds the kernel waits for an acknowledgement before it gives the connection up
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_OPTIONS: tuple[tuple[int, int, int | bytes], ...] = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(PEER_SILENCE * 1000)),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 8),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 4),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE),
)


class HardConnection(ConnectionTcpFull):  # type: ignore[misc]
    """Telethon's full TCP transport with kernel time-outs, a hard close and our own SOCKS5."""

    _connected: bool

    async def _connect(self, timeout: float | None = None, ssl: Any = None) -> None:
        async with asyncio.timeout(timeout):
            await self._open_streams()
        self._codec = self.packet_codec(self)
        self._init_conn()

    async def _open_streams(self) -> None:
        proxy: Proxy | None = self._proxy
        host, port = (proxy.host, proxy.port) if proxy else (self._ip, self._port)
        local = (self._local_addr, 0) if self._local_addr else None
        self._reader, self._writer = await asyncio.open_connection(host, port, local_addr=local)
        sock = self._writer.get_extra_info("socket")
        for level, name, value in _OPTIONS:
            sock.setsockopt(level, name, value)
        if proxy:
            await pass_through(proxy, self._reader, self._writer, self._ip, self._port)

    async def disconnect(self) -> None:
        """Reset the connection without waiting for what is still in its buffer."""
        was_connected, self._connected = self._connected, False
        if was_connected:
            await helpers._cancel(self._log, send_task=self._send_task, recv_task=self._recv_task)
        if self._writer is not None:
            self._writer.transport.abort()
