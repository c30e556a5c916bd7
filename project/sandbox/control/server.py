"""POST /control/<world>/<verb> with JSON arguments answers {"result": ...}; errors say what and why."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from aiohttp import web

from project.core.errors import Conflict, InvalidInput, NotFound, RelayError
from project.sandbox.control.verbs import Verb

_STATUS: Mapping[type[RelayError], int] = {InvalidInput: 400, NotFound: 404, Conflict: 409}


class ControlServer:
    """Serves tables of verbs. `info` is what GET /control tells beside them."""

    def __init__(self, tables: Mapping[str, Mapping[str, Verb]], info: Mapping[str, str]) -> None:
        self._tables = tables
        self._info = info

    def install(self, app: web.Application) -> None:
        """Adds the routes."""
        app.router.add_get("/control", self._index)
        app.router.add_get("/control/counters", self._counters)
        app.router.add_post("/control/{world}/{verb}", self._run)

    async def _index(self, request: web.Request) -> web.Response:
        verbs = {world: {name: verb.usage() for name, verb in table.items()} for world, table in self._tables.items()}
        return _answer(200, {"result": dict(self._info) | {"verbs": verbs}})

    async def _counters(self, request: web.Request) -> web.Response:
        counted = {world: table["counters"].act() for world, table in self._tables.items() if "counters" in table}
        return _answer(200, {"result": counted | {"profile": self._info["profile"]}})

    async def _run(self, request: web.Request) -> web.Response:
        try:
            return _answer(200, {"result": self._verb(request).run(await request.read())})
        except RelayError as error:
            told = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
            return _answer(_STATUS.get(type(error), 500), told)

    def _verb(self, request: web.Request) -> Verb:
        """Only JSON is taken: a foreign web page cannot send that here without being asked first (CORS)."""
        if request.content_type != "application/json":
            raise InvalidInput("The control API takes application/json.")
        world, name = request.match_info["world"], request.match_info["verb"]
        verb = self._tables.get(world, {}).get(name)
        if verb is None:
            raise NotFound(f"There is no verb {world}/{name}.", hint="GET /control lists them.")
        return verb


def _answer(status: int, payload: object) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(payload), content_type="application/json")
