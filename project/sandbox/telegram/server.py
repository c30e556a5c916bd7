"""The TCP server of the loopback Telegram."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .connection import Connection
from .push import Pusher
from .rpc.dispatch import Dispatcher
from .rsakey import ServerKey, new_key, write_public
from .tl import DC_ID, Renderer
from .world import TelegramWorld


class TelegramServer:
    """Speaks MTProto for a world. After `start`, `address` is what TELEGRAM_DC takes: "2:127.0.0.1:port".

    `key_file` gets the public RSA key (PEM); `public_key_pem` is the same text. Port 0 takes a free
    one; `key` may be shared by servers that come and go.
    """

    def __init__(
        self,
        world: TelegramWorld,
        host: str = "127.0.0.1",
        port: int = 0,
        key_file: Path | None = None,
        key: ServerKey | None = None,
    ) -> None:
        self.world = world
        self.host = host
        self.port = port
        self._key = key or new_key()
        self._key_file = key_file
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._server: asyncio.Server | None = None
        render = Renderer(world.state)
        self._pusher = Pusher(world.state, render, self._connections)
        self._dispatcher = Dispatcher(world.state, render, self._where)

    @property
    def public_key_pem(self) -> str:
        """The public RSA key that clients have to trust."""
        return self._key.public_pem

    @property
    def address(self) -> str:
        """The setting TELEGRAM_DC of a client."""
        return f"{DC_ID}:{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many TCP connections are open."""
        return len(self._connections)

    def _where(self) -> tuple[str, int]:
        return self.host, self.port

    def _accept(self) -> Connection:
        connection = Connection(self.world.state, self._key, self._dispatcher.handle, self._closed)
        self._connections.add(connection)
        self._empty.clear()
        return connection

    def _closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def start(self) -> None:
        """Listens. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        self.world.watch(self._pusher)
        if self._key_file is not None:
            write_public(self._key, self._key_file)

    async def stop(self) -> None:
        """Closes the port and every connection. The world keeps its state, keys and logins."""
        if self._server is not None:
            self._server.close()
            self.world.unwatch(self._pusher)
        for connection in tuple(self._connections):
            connection.abort()
        await self._empty.wait()
