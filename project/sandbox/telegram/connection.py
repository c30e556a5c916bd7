"""One TCP connection of a client: packets in, packets out."""

from __future__ import annotations

import asyncio
import logging
import os
import struct
import time
from collections.abc import Callable
from typing import Any

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked, MessageContainer

from .envelope import BadPacketError, Envelope, Unpacker, packed, seal, unseal
from .handshake import BadHandshakeError, Handshake
from .keys import AuthKey, Usage
from .rsakey import ServerKey
from .state import State

log = logging.getLogger(__name__)

# Protocol errors inside a session, https://core.telegram.org/mtproto/service_messages_about_messages
_TOO_LOW, _TOO_HIGH, _BAD_BITS, _BAD_SALT = 16, 17, 18, 48
_OLDEST, _NEWEST = 300, 30  # seconds a client's clock may be behind and ahead
_UNKNOWN_KEY = struct.pack("<i", -404)
_MOST_UNSENT = 64 * 1024 * 1024  # a client that does not read is cut off

Rpc = Callable[["Connection", int, Any], None]


class Connection(asyncio.Protocol):
    """Speaks MTProto's "full" transport with data centre `dc`. Requests go to `rpc`, answers come back through
    `answer`."""

    def __init__(self, state: State, dc: int, server_key: ServerKey, rpc: Rpc, closed: Callable[[Connection], None]):
        self.dc = dc
        self._state = state
        self._server_key = server_key
        self._rpc = rpc
        self._closed = closed
        self._unpacker = Unpacker()
        self._handshake: Handshake | None = None
        self._sent_packets = 0
        self._sent_content = 0
        self._last_id = 0
        self._session = 0
        self._half_open = False
        self.transport: asyncio.Transport | None = None
        self.key: AuthKey | None = None
        self.usage = Usage()
        self.address = ""
        self.wants_updates = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.address = str(transport.get_extra_info("peername")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._release()
        self.transport = None
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._half_open:
            return
        try:
            for packet in self._unpacker.feed(data):
                self._packet(packet)
        except (BadPacketError, BadHandshakeError, struct.error) as error:
            log.warning("telegram sandbox: closed a connection: %s", error)
            self.abort()

    # In

    def _packet(self, packet: bytes) -> None:
        if len(packet) < 24:
            raise BadPacketError("too short")
        if packet[:8] == bytes(8):
            self._plain(BinaryReader(packet[20:]).tgread_object())
            return
        key = self._key_of(struct.unpack("<Q", packet[:8])[0])
        if key is not None:
            self._encrypted(key, unseal(key.secret, packet))

    def _plain(self, request: Any) -> None:
        if self._handshake is None or isinstance(request, functions.ReqPqMultiRequest | functions.ReqPqRequest):
            self._handshake = Handshake(self._server_key)
        body = self._handshake.answer(request)
        if self._handshake.key is not None:
            self._handshake.key.dc = self.dc
            self._state.keys.add(self._handshake.key)
            self._handshake = None
        self._send(struct.pack("<qqi", 0, self._next_id(1), len(body)) + body)

    def _key_of(self, key_id: int) -> AuthKey | None:
        if self.key is None or self.key.id != key_id:
            self._release()
            self.key = self._state.keys.at(self.dc, key_id)
            if self.key is None:
                self._send(_UNKNOWN_KEY)
                self.close()
            else:
                self.key.connections.append(self)
        return self.key

    def _encrypted(self, key: AuthKey, message: Envelope) -> None:
        new_session = message.session != self._session
        self._session = message.session
        if message.salt != key.salt:
            bad = types.BadServerSalt(message.message_id, message.sequence, _BAD_SALT, key.salt)
            self.send(bytes(bad), content=False)
            return
        code = self._bad_id(message.message_id)
        if code:
            bad = types.BadMsgNotification(message.message_id, message.sequence, code)
            self.send(bytes(bad), content=False)
            return
        if new_session:
            unique = int.from_bytes(os.urandom(8), "little", signed=True)
            self.send(bytes(types.NewSessionCreated(message.message_id, unique, key.salt)))
        self._body(message.message_id, message.body)

    def _bad_id(self, message_id: int) -> int:
        sent = message_id / (1 << 32)
        now = self._state.clock.wall()
        if message_id % 4:
            return _BAD_BITS
        if sent < now - _OLDEST:
            return _TOO_LOW
        return _TOO_HIGH if sent > now + _NEWEST else 0

    def _body(self, message_id: int, body: bytes) -> None:
        try:
            self._message(message_id, BinaryReader(body).tgread_object())
        except TypeNotFoundError as error:
            name = f"{error.invalid_constructor_id:08x}"
            self._state.count.unknown(name)
            self.answer(message_id, bytes(types.RpcError(400, f"INPUT_METHOD_INVALID_{name}")))

    def _message(self, message_id: int, found: Any) -> None:
        if isinstance(found, MessageContainer):
            for inner in found.messages:
                self._message(inner.msg_id, inner.obj)
        elif isinstance(found, GzipPacked):
            self._body(message_id, found.data)
        elif isinstance(found, types.MsgsAck | types.MsgsStateInfo | types.MsgsAllInfo):
            return
        else:
            self._owned()
            if isinstance(found, functions.PingRequest | functions.PingDelayDisconnectRequest):
                self.send(bytes(types.Pong(message_id, found.ping_id)), content=False)
            else:
                self._rpc(self, message_id, found)

    def _owned(self) -> None:
        assert self.key is not None
        was_dead = self.key.dead
        owners = self.key.used_by(
            self,
            now=self._state.clock.monotonic(),
            address_change=self._state.settings.address_change,
        )
        self._state.count.owned(self.key.name, owners)
        if self.key.dead and not was_dead:
            for connection in self.key.connections:
                if connection is not self:
                    connection.push(bytes(types.UpdatesTooLong()))

    # Out

    def _next_id(self, low_bits: int) -> int:
        now = time.time()
        wanted = (int(now) << 32) | (int((now % 1) * (1 << 32)) & ~3)
        self._last_id = max(wanted, self._last_id + 4)
        return self._last_id | low_bits

    def send(self, body: bytes, *, content: bool = True, reply: bool = True) -> None:
        """Encrypts and sends one message; `reply` tells answers from what the server says by itself."""
        if self.key is None or self._half_open:
            return
        sequence = self._sent_content * 2 + content
        self._sent_content += content
        message_id = self._next_id(1 if reply else 3)
        message = Envelope(self.key.salt, self._session, message_id, sequence, body)
        self._send(seal(self.key.secret, self.key.id, message))

    def answer(self, message_id: int, body: bytes) -> None:
        """Sends the result of a call, or its rpc_error."""
        self.send(struct.pack("<Iq", 0xF35C6D01, message_id) + body)

    def push(self, body: bytes) -> None:
        """Sends updates."""
        self.send(body, reply=False)

    def _send(self, data: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(packed(self._sent_packets, data))
        self._sent_packets += 1
        if self.transport.get_write_buffer_size() > _MOST_UNSENT:
            self.abort()

    # The end

    def _release(self) -> None:
        if self.key is not None and self in self.key.connections:
            self.key.connections.remove(self)

    def close(self) -> None:
        """Closes after what was sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Resets the connection."""
        self._release()
        if self.transport is not None:
            self.transport.abort()

    def cut(self, *, half_open: bool) -> None:
        """Resets the connection, or leaves it open and never reads or answers again."""
        if not half_open or self.transport is None:
            self.abort()
            return
        self._half_open = True
        self._release()
        self.transport.pause_reading()
