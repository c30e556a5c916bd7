"""The TCP server of the loopback Telegram."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from .connection import Connection
from .push import Pusher
from .rpc.dispatch import Dispatcher
from .rsakey import ServerKey, new_key, write_public
from .settings import DC_ID, DC_IDS
from .tl import Renderer
from .world import TelegramWorld


class TelegramServer:
    """Speaks MTProto for a world. After `start`, `address` is what TELEGRAM_DC takes: "2:127.0.0.1:port".

    `port` is that of data centre 2; the other one takes a free port, which clients learn by help.getConfig. Port 0
    takes a free one. `key_file` gets the public RSA key (PEM) of both; `public_key_pem` is the same text; `key` may be
    shared by servers that come and go.
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
        self.addresses = {dc: (host, port if dc == DC_ID else 0) for dc in DC_IDS}
        self._key = key or new_key()
        self._key_file = key_file
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._servers: list[asyncio.Server] = []
        render = Renderer(world.state)
        self._pusher = Pusher(world.state, render, self._connections)
        self._dispatcher = Dispatcher(world.state, render, self.addresses)

    @property
    def public_key_pem(self) -> str:
        """The public RSA key that clients have to trust."""
        return self._key.public_pem

    @property
    def port(self) -> int:
        """Where data centre 2 listens."""
        return self.addresses[DC_ID][1]

    @property
    def address(self) -> str:
        """The setting TELEGRAM_DC of a client."""
        return f"{DC_ID}:{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many TCP connections are open."""
        return len(self._connections)

    def _accept(self, dc: int) -> Connection:
        connection = Connection(self.world.state, dc, self._key, self._dispatcher.handle, self._closed)
        self._connections.add(connection)
        self._empty.clear()
        return connection

    def _closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def start(self) -> None:
        """Listens. Raises OSError when the port is taken."""
        for dc in DC_IDS:
            await self._listen(dc)
        self.world.watch(self._pusher)
        self.world.state.box_listeners.append(self._pusher)
        if self._key_file is not None:
            write_public(self._key, self._key_file)

    async def _listen(self, dc: int) -> None:
        host, port = self.addresses[dc]
        loop = asyncio.get_running_loop()
        server = await loop.create_server(partial(self._accept, dc), host, port, backlog=512)
        self._servers.append(server)
        self.addresses[dc] = (host, server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Closes the ports and every connection. The world keeps its state, keys and logins."""
        if self._servers:
            self.world.unwatch(self._pusher)
            self.world.state.box_listeners.remove(self._pusher)
        while self._servers:
            self._servers.pop().close()
        for connection in tuple(self._connections):
            connection.abort()
        await self._empty.wait()
