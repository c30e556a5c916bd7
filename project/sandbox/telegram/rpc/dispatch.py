"""From a request to its answer: wrappers, faults, refusals, the method itself."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Mapping
from typing import Any

from telethon.tl import functions, types

from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.connection import Connection
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.state import State
from project.sandbox.telegram.tl import Renderer, vector

from . import account, auth, basic, channels, contacts, dialogs, helping, history, sending, updates, uploads, users
from .registry import METHODS, Call, Method, name_of

log = logging.getLogger(__name__)
MODULES = (account, auth, basic, channels, contacts, dialogs, helping, history, sending, updates, uploads, users)

_TRUE, _FALSE = struct.pack("<I", 0x997275B5), struct.pack("<I", 0xBC799737)
_WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
)


def serialised(result: Any) -> bytes:
    """The bytes of a result: a TL object, a Bool, or a vector of objects."""
    if isinstance(result, bool):
        return _TRUE if result else _FALSE
    if isinstance(result, list):
        return vector(map(bytes, result))
    return bytes(result)


class Dispatcher:
    """Answers requests."""

    def __init__(self, state: State, render: Renderer, where: Mapping[int, tuple[str, int]]) -> None:
        self._state = state
        self._render = render
        self._where = where

    def handle(self, connection: Connection, message_id: int, request: Any) -> None:
        """Answers one request, now or after the delay of a fault rule."""
        inner, quiet = self._unwrap(connection, request)
        connection.wants_updates = connection.wants_updates or not quiet
        name, account_id = name_of(type(inner)), self._account(connection)
        self._state.count.called(name, account_id)
        rule = self._state.faults.take(name, account_id)
        if rule is not None and rule.delay > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(rule.delay, self._answer, connection, message_id, inner, rule)
        else:
            self._answer(connection, message_id, inner, rule)

    def _unwrap(self, connection: Connection, request: Any) -> tuple[Any, bool]:
        quiet = False
        while isinstance(request, _WRAPPERS):
            if isinstance(request, functions.InitConnectionRequest) and connection.key is not None:
                connection.key.inited = True
                connection.key.device = request.device_model
            quiet = quiet or isinstance(request, functions.InvokeWithoutUpdatesRequest)
            request = request.query
        return request, quiet

    def _account(self, connection: Connection) -> str | None:
        key = connection.key
        return None if key is None or key.user_id is None else str(key.user_id)

    def _answer(self, connection: Connection, message_id: int, request: Any, rule: FaultRule | None) -> None:
        account_id = self._account(connection)
        try:
            body = self._performed(connection, request, rule)
        except RpcRefusedError as failure:
            self._state.count.answered_error(failure.name, account_id)
            body = bytes(types.RpcError(failure.code, failure.name))
        except Exception:
            # A defect of the sandbox must not look like a lost connection: it is said, and counted.
            log.exception("telegram sandbox: %s failed", name_of(type(request)))
            self._state.count.answered_error("INTERNAL", account_id)
            body = bytes(types.RpcError(500, "INTERNAL"))
        if rule is not None and rule.phase in (Phase.DROP, Phase.LOST):
            connection.abort()
        else:
            connection.answer(message_id, body)

    def _performed(self, connection: Connection, request: Any, rule: FaultRule | None) -> bytes:
        fails = rule is not None and bool(rule.code)
        if rule is not None and rule.phase is Phase.LOST:
            return b""
        if rule is not None and fails and rule.phase is Phase.BEFORE:
            raise RpcRefusedError(rule.error, rule.code)
        body = self._called(connection, request)
        if rule is not None and fails and rule.phase is Phase.AFTER:
            raise RpcRefusedError(rule.error, rule.code)
        return body

    def _called(self, connection: Connection, request: Any) -> bytes:
        key = connection.key
        if key is None:
            raise RpcRefusedError("AUTH_KEY_UNREGISTERED")
        if key.dead:
            raise RpcRefusedError(key.dead)
        found = METHODS.get(type(request))
        if found is None:
            self._state.count.unknown(name_of(type(request)))
            raise RpcRefusedError("INPUT_METHOD_INVALID")
        if not key.inited:
            raise RpcRefusedError("CONNECTION_NOT_INITED")
        user = None if key.user_id is None else self._state.users[key.user_id]
        call = Call(self._state, self._render, connection, key, self._where, user)
        return self._run(found, call, request)

    def _run(self, found: Method, call: Call, request: Any) -> bytes:
        found.check(call)
        return serialised(found.handle(call, request))
