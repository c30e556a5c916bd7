"""The way of a REST call: ban, token, limits, faults, handler, answer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from project.sandbox.discord.body import read_body
from project.sandbox.discord.buckets import InvalidRequests, LimitedError, RateLimiter
from project.sandbox.discord.calls import Answer, Call, Route
from project.sandbox.discord.errors import ApiError, Problem
from project.sandbox.discord.model import Bot
from project.sandbox.discord.routes import EXECUTE, ROUTES
from project.sandbox.discord.state import State
from project.sandbox.faults import Counters, FaultBook, FaultRule, Phase

PREFIX = "/api/v10"
_VIA = "1.1 google"
_BAN_PAGE = "<!DOCTYPE html><html><head><title>Access denied | discord.com used Cloudflare</title></head></html>"
_INVALID = frozenset({401, 403, 429})


def json_response(status: int, payload: object, headers: dict[str, str] | None = None) -> web.Response:
    """An answer of exactly `application/json`: discord.py parses nothing else."""
    shown = {"Content-Type": "application/json", "Via": _VIA} | (headers or {})
    return web.Response(status=status, body=msgspec.json.encode(payload), headers=shown)


class DiscordRest:
    """All REST routes over one state."""

    def __init__(self, state: State, faults: FaultBook, counters: Counters, gateway_url: Callable[[], str]) -> None:
        self._state = state
        self._faults = faults
        self._counters = counters
        self._gateway_url = gateway_url
        self._limiter = RateLimiter(state.limits)
        self.invalid = InvalidRequests(state.limits.invalid)

    def install(self, app: web.Application) -> None:
        """Adds every route under /api/v10, and the 404 for all others."""
        for route in ROUTES:
            app.router.add_route(route.method, PREFIX + route.path, self._handler(route))
        app.router.add_route("*", "/api/{tail:.*}", self._unknown)

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(route, request)

        return handle

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        self._counters.unknown(f"{request.method} {request.path}")
        error = ApiError(Problem.ROUTE_NOT_FOUND)
        return json_response(error.status, error.body())

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        address = request.remote or ""
        banned = self.invalid.banned_for(address)
        if banned:
            return _banned(banned)
        response = await self._answer(route, request, address)
        shared = response.headers.get("X-RateLimit-Scope") == "shared"
        if response.status in _INVALID and not shared:
            self.invalid.count(address)
        return response

    async def _answer(self, route: Route, request: web.Request, address: str) -> web.StreamResponse:
        account = ""
        headers: dict[str, str] = {}
        try:
            bot = None if route.token_only else self._authenticate(request)
            account = str(bot.id) if bot else request.match_info["id"]
            self._counters.called(route.name, account)
            rule = self._faults.take(route.name, account)
            await _delay(rule)
            if rule is not None and rule.phase is Phase.LOST:
                return _cut(request)
            if rule is not None and rule.phase is Phase.BEFORE and rule.code:
                return self._fault_answer(rule, account)
            headers = self._limit(route, request, bot, address)
            call = await self._call(request, bot)
            answer = route.handler(call)
        except ApiError as error:
            self._counters.answered_error(f"{error.status} {error.code}", account)
            return json_response(error.status, error.body(), headers)
        except LimitedError as limited:
            self._counters.answered_error(f"429 {limited.scope}", account)
            return json_response(429, limited.body(), limited.headers())
        return self._finish(request, rule, account, answer, headers)

    def _finish(
        self,
        request: web.Request,
        rule: FaultRule | None,
        account: str,
        answer: Answer,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        if rule is not None and rule.phase is Phase.DROP:
            return _cut(request)
        if rule is not None and rule.phase is Phase.AFTER and rule.code:
            return self._fault_answer(rule, account)
        if answer is None:
            return web.Response(status=204, headers={"Via": _VIA} | headers)
        return json_response(200, answer, headers)

    def _authenticate(self, request: web.Request) -> Bot:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        bot = self._state.bot_by_token(token) if scheme == "Bot" else None
        if bot is None:
            raise ApiError(Problem.UNAUTHORIZED)
        return bot

    def _limit(self, route: Route, request: web.Request, bot: Bot | None, address: str) -> dict[str, str]:
        channel = None
        if route.name == EXECUTE:
            webhook = self._state.webhooks.get(_number(request.match_info["id"]))
            channel = webhook.channel_id if webhook else None
        owner = str(bot.id) if bot else address
        major = request.match_info.get(route.major, "")
        spent = self._limiter.take(owner=owner, bucket=route.bucket, major=major, webhook_channel=channel)
        return spent.headers() if spent else {}

    async def _call(self, request: web.Request, bot: Bot | None) -> Call:
        body = await read_body(request, self._state.limits)
        return Call(self._state, bot, request.match_info, request.query, body, self._gateway_url())

    def _fault_answer(self, rule: FaultRule, account: str) -> web.Response:
        """A rule's error is JSON text, HTML text (no Via: not Discord itself), or a plain message."""
        self._counters.answered_error(f"{rule.code} fault", account)
        if rule.error.startswith("<"):
            return web.Response(status=rule.code, text=rule.error, content_type="text/html")
        payload: object = {"message": rule.error or f"{rule.code}: fault", "code": 0}
        if rule.error.startswith(("{", "[")):
            payload = msgspec.json.decode(rule.error)
        return json_response(rule.code, payload, _fault_headers(payload))


def _fault_headers(payload: object) -> dict[str, str]:
    if not isinstance(payload, dict) or "retry_after" not in payload:
        return {}
    is_global = payload.get("global") is True
    headers = {"Retry-After": str(math.ceil(float(payload["retry_after"])))}
    headers["X-RateLimit-Scope"] = str(payload.get("scope") or ("global" if is_global else "user"))
    return headers | ({"X-RateLimit-Global": "true"} if is_global else {})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 20 else 0


async def _delay(rule: FaultRule | None) -> None:
    if rule is not None and rule.delay > 0:
        await asyncio.sleep(rule.delay)


def _cut(request: web.Request) -> web.Response:
    """Cuts the connection; whatever is returned is not seen by anybody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _banned(seconds: float) -> web.Response:
    headers = {"Retry-After": str(math.ceil(seconds))}
    return web.Response(status=429, text=_BAN_PAGE, content_type="text/html", headers=headers)
