"""Requests over one connection, of which we always know whether they left.

Telethon's own sender reconnects by itself, sends again what was pending, and forgets what was still queued. Here a
sender lives for one connection: when it is lost, every open request fails with `Lost`, which says whether it had left.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from telethon.errors import RPCError, TypeNotFoundError, rpc_message_to_error
from telethon.network.mtprotosender import MTProtoSender
from telethon.network.mtprotostate import MTProtoState
from telethon.network.requeststate import RequestState
from telethon.tl.types import MsgsAck

from project.telegram.acks import Acks

_log = logging.getLogger(__name__)
CALL_LIMIT = 30.0  # seconds for one request and its answer


class Lost(ConnectionError):
    """No answer came. `left` tells whether the request may have reached the server."""

    def __init__(self, *, left: bool) -> None:
        super().__init__("the connection to Telegram was lost")
        self.left = left


class Unreadable(ValueError):
    """An answer came that Telethon cannot decode. Its update loop goes on after a ValueError."""


class _Decoder(MTProtoState):  # type: ignore[misc]
    """Telethon passes over what it cannot decode of what the server sends by itself: that has to be seen. Counters show
    what is missing then."""

    def decrypt_message_data(self, body: bytes) -> Any:
        """As Telethon's."""
        try:
            return super().decrypt_message_data(body)
        except TypeNotFoundError as error:
            _log.error("something that the server sent cannot be read: %s", why_unreadable(error))
            raise


class _Request(RequestState):  # type: ignore[misc]
    """A request, and whether its answer came but could not be decoded."""

    __slots__ = ("unreadable",)

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.unreadable = False


class Sender(MTProtoSender):  # type: ignore[misc]
    """Telethon's sender for one connection."""

    _reconnecting: bool

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._state.__class__ = _Decoder
        self._pending_ack = Acks(time.monotonic)

    async def ask(self, request: Any, *, limit: float = CALL_LIMIT) -> Any:
        """The answer to one request, asked once.

        Raises RPCError (with `exact`, the name as the server wrote it), Unreadable, Lost, or whatever ended the
        connection.
        """
        if not self._user_connected or self._reconnecting:
            raise Lost(left=False)
        state = _Request(request)
        self._send_queue.append(state)
        try:
            await asyncio.wait({state.future}, timeout=limit)
        finally:
            if not state.future.done():
                self._withdraw(state)
        return _outcome(state)

    def _withdraw(self, state: _Request) -> None:
        """Nobody waits any more: what has not left must not leave later."""
        state.future.cancel()
        if state.msg_id is None and state in self._send_queue._deque:
            self._send_queue._deque.remove(state)

    def _start_reconnect(self, error: BaseException | None) -> None:
        """The connection is gone; whoever owns this sender decides what follows."""
        if self._user_connected and not self._reconnecting:
            self._reconnecting = True
            reason = error or ConnectionError("the server stopped answering")
            self._reconnect_task = asyncio.get_running_loop().create_task(self._disconnect(error=reason))

    async def _disconnect(self, error: BaseException | None = None) -> None:
        queued = list(self._send_queue._deque)
        self._send_queue._deque.clear()
        for state in queued:
            state.future.cancel()
        await super()._disconnect(error=error)

    async def _handle_rpc_result(self, message: Any) -> None:
        """As Telethon's, but the error keeps the exact name as `exact`, and an answer that cannot be decoded is told
        from a lost one."""
        answer = message.obj
        state = self._pending_state.get(answer.req_msg_id)
        if answer.error is None or state is None:
            await super()._handle_rpc_result(message)
            if isinstance(state, _Request) and state.future.done() and not state.future.cancelled():
                state.unreadable = state.future.exception() is not None
            return
        del self._pending_state[answer.req_msg_id]
        error = rpc_message_to_error(answer.error, state.request)
        error.exact = answer.error.error_message
        self._send_queue.append(RequestState(MsgsAck([state.msg_id])))
        if not state.future.done():
            state.future.set_exception(error)


def why_unreadable(error: BaseException) -> str:
    """What is wrong with bytes, without any of them: they may be somebody's words."""
    if isinstance(error, TypeNotFoundError):
        return f"unknown constructor {error.invalid_constructor_id:08x}"
    return type(error).__name__


def _outcome(state: _Request) -> Any:
    left = state.msg_id is not None
    if state.future.cancelled():
        raise Lost(left=left)
    error = state.future.exception()
    if error is None:
        return state.future.result()
    if isinstance(error, RPCError):
        raise error
    if state.unreadable:
        raise Unreadable(why_unreadable(error)) from error
    raise Lost(left=left) from error


class Discarded:
    """Stands in for the queue of updates where nobody reads updates (bots): it would grow without end."""

    def put_nowait(self, item: object) -> None:
        """Forget it."""

    async def put(self, item: object) -> None:
        """Forget it."""
