"""The Bot API over HTTP: `/botapi/bot<token>/<method>` and `/botapi/file/bot<token>/<path>`."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from typing import Any

from aiohttp import web

from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.errors import RpcRefusedError

from . import methods
from .arguments import Arguments, read
from .errors import ApiRefusedError, told
from .registry import METHODS, Call
from .state import BotBox
from .world import BotWorld

log = logging.getLogger(__name__)
PREFIX = "/botapi"
_FILES = {"photos": "image/jpeg"}
assert methods.__all__, "importing the methods registers them"


class BotApiServer:
    """Serves the bots of a world."""

    def __init__(self, world: BotWorld) -> None:
        self._world = world

    def install(self, app: web.Application) -> None:
        """Adds the routes."""
        app.router.add_route("*", PREFIX + r"/bot{token:[^/]+}/{method:[^/]*}", self._method)
        app.router.add_get(PREFIX + r"/file/bot{token:[^/]+}/{path:.+}", self._file)

    async def close(self, _: web.Application) -> None:
        """Ends every waiting poll, so that the server can stop."""
        for bot_id in self._world.bots():
            self._world.box(bot_id).wake(came=True)

    async def _method(self, request: web.Request) -> web.StreamResponse:
        name, box = request.match_info["method"], None
        try:
            box = self._bot(request)
            return _answer(200, {"ok": True, "result": await self._run(request, box, name)})
        except RpcRefusedError as failure:
            return self._refuse(told(failure), box)
        except ApiRefusedError as failure:
            return self._refuse(failure, box)

    def _refuse(self, failure: ApiRefusedError, box: BotBox | None) -> web.Response:
        self._world.state.count.answered_error(failure.description, str(box.bot_id) if box else None)
        payload: dict[str, Any] = {"ok": False, "error_code": failure.code, "description": failure.description}
        if failure.retry_after:
            payload["parameters"] = {"retry_after": failure.retry_after}
        return _answer(failure.code, payload)

    def _bot(self, request: web.Request) -> BotBox:
        token = request.match_info["token"]
        if ":" not in token:
            raise ApiRefusedError(404, "Not Found")
        box = self._world.by_token(token)
        if box is None:
            raise ApiRefusedError(401, "Unauthorized")
        box.reached = True
        return box

    async def _run(self, request: web.Request, box: BotBox, name: str) -> object:
        state = self._world.state
        known = METHODS.get(name.lower())
        name = f"botapi.{known[0] if known else name}"
        state.count.called(name, str(box.bot_id))
        if known is None:
            state.count.unknown(name)
            raise ApiRefusedError(404, "Not Found: method not found")
        arguments = await read(request)
        rule = state.faults.take(name, str(box.bot_id))
        if rule is None:
            return await self._perform(box, known[0], arguments)
        return await self._disturbed(request, rule, box, known[0], arguments)

    async def _perform(self, box: BotBox, name: str, arguments: Arguments) -> object:
        state = self._world.state
        call = Call(state, self._world.payloads, box, state.user(box.bot_id), arguments)
        result = METHODS[name.lower()][1](call)
        if inspect.isawaitable(result):
            return await result
        self._world.changed()
        return result

    async def _disturbed(
        self, request: web.Request, rule: FaultRule, box: BotBox, name: str, arguments: Arguments
    ) -> object:
        await asyncio.sleep(rule.delay)
        if rule.code and rule.phase is Phase.BEFORE:
            raise ApiRefusedError(rule.code, rule.error)
        result = None if rule.phase is Phase.LOST else await self._perform(box, name, arguments)
        if rule.code and rule.phase is Phase.AFTER:
            raise ApiRefusedError(rule.code, rule.error)
        if rule.phase in (Phase.DROP, Phase.LOST) and request.transport is not None:
            request.transport.abort()
        return result

    async def _file(self, request: web.Request) -> web.StreamResponse:
        try:
            box = self._bot(request)
            number = box.paths.get(request.match_info["path"])
            if number is None:
                raise ApiRefusedError(404, "Not Found")
        except ApiRefusedError as failure:
            return self._refuse(failure, None)
        mime = _FILES.get(request.match_info["path"].partition("/")[0], "application/octet-stream")
        return web.Response(body=self._world.telegram.file_data(number), content_type=mime)


def _answer(status: int, payload: object) -> web.Response:
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return web.Response(status=status, body=body, content_type="application/json")
