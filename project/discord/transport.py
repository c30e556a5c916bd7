"""One HTTP request to Discord: exactly one attempt, and an error that says what is known about it.

No retry of any kind happens here: after a lost answer only the caller can tell, by nonce or by looking back,
whether the message stands. Exceptions of aiohttp are never chained: they can hold a URL with a webhook's
token.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
import msgspec

from project.core.errors import GatewayError, Refused, RetryLater, Unreachable
from project.core.secret import Secret
from project.discord.buckets import Buckets
from project.discord.errors import failure, is_invalid, lost
from project.discord.multipart import Form
from project.discord.objects import FilePart
from project.discord.routes import Route

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
SLOWEST_UPLOAD = 100_000  # bytes per second
ANSWER = aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS)
_JSON = "application/json"


class Transport:
    """Requests over one shared session (session.py). `token` is None where only webhooks are used; `on_invalid` is told
    every answer that counts towards a ban of the address."""

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        api_url: str,
        token: Secret | None,
        buckets: Buckets,
        on_invalid: Callable[[], None],
    ) -> None:
        self._on_invalid = on_invalid
        self._http = http
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._buckets = buckets

    async def call(
        self,
        route: Route,
        *,
        payload: Mapping[str, Any] | None = None,
        files: tuple[FilePart, ...] = (),
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a 2xx answer.

        Raises RetryLater, Ambiguous (it may have happened), Unreachable (it did not), Refused, TargetGone,
        AccountDead, or whatever the stream of a file raised (the request stayed incomplete: no effect).
        """
        self._await_turn(route)
        form = Form(msgspec.json.encode(payload), files) if files else None
        self._buckets.begin(route)
        headers: Mapping[str, str] = {}
        try:
            request = self._request(route, payload, form, query)
            async with request as answer:
                headers = answer.headers
                body: bytes = await answer.read()
                outcome: bytes | Exception = (
                    body if 200 <= answer.status < 300 else failure(route, answer.status, headers, body)
                )
                if is_invalid(answer.status, headers):
                    self._on_invalid()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            outcome = (form.failure if form else None) or _broken(route, error)
        finally:
            self._buckets.end(route, headers)
        if isinstance(outcome, RetryLater):
            self._buckets.limited(route, outcome.scope, outcome.retry_after)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _await_turn(self, route: Route) -> None:
        """Nothing leaves before a wait is over, whoever asks. Raises RetryLater."""
        scope, wait = self._buckets.paused(route)
        if wait > 0:
            raise RetryLater("Discord asked to wait.", retry_after=wait, scope=scope, code="429")

    def _request(
        self,
        route: Route,
        payload: Mapping[str, Any] | None,
        form: Form | None,
        query: Mapping[str, str] | None,
    ) -> Any:
        headers = {"Authorization": f"Bot {self._bot_token()}"} if route.authorized else {}
        body: aiohttp.BytesPayload | AsyncIterator[bytes] | None = None
        timeout = ANSWER
        if form:
            headers |= form.headers
            body = form.body()
            upload = int(headers["Content-Length"]) / SLOWEST_UPLOAD
            timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS + upload, sock_connect=CONNECT_SECONDS)
        elif payload is not None:
            body = aiohttp.BytesPayload(msgspec.json.encode(payload), content_type=_JSON)
        return self._http.request(
            route.method,
            self._api_url + route.path,
            params=query,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        )

    def _bot_token(self) -> str:
        if self._token is None:
            raise Refused("This needs a Discord bot.", code="no token", hint="Set DISCORD_BOT_TOKEN.")
        return self._token.reveal()

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """A file from Discord's CDN by its signed URL, in pieces as they arrive; no token goes with it.

        Raises Unreachable, RetryLater (scope "dc:cdn") or Refused. Bytes may have been yielded before.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS)
        broken: GatewayError | None = None
        try:
            async with self._http.get(url, timeout=timeout, allow_redirects=False) as answer:
                broken = _no_file(answer.status, answer.headers)
                if broken is None:
                    async for chunk in answer.content.iter_any():
                        yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            broken = Unreachable(f"Discord's file server is not reachable ({type(error).__name__}).")
        if broken is not None:
            raise broken


def _broken(route: Route, error: Exception) -> GatewayError:
    """What a failed exchange means: before the connection stood nothing can have happened."""
    kind = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return Unreachable(
            f"Discord is not reachable ({kind}).", code=kind, hint="Check the network and DISCORD_API_URL."
        )
    return lost(route, f"The connection to Discord broke ({kind}).", code=kind)


def _no_file(status: int, headers: Mapping[str, str]) -> GatewayError | None:
    if status == 200:
        return None
    if status == 429:
        wait = headers.get("Retry-After", "")
        return RetryLater(
            "Discord's file server asks to wait.",
            retry_after=float(wait) if wait.isdecimal() else 5.0,
            scope="dc:cdn",
            code="429",
        )
    if status >= 500:
        return Unreachable(f"Discord's file server answered {status}.", code=str(status))
    return Refused(f"The file is not there any more ({status}).", code=str(status))
