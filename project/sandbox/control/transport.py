"""The client's side of the control API's one request."""

from __future__ import annotations

from typing import TypeVar

import aiohttp
import msgspec

from project.core.errors import Conflict, InvalidInput, NotFound, RelayError, Unreachable

_ERRORS: dict[str, type[RelayError]] = {kind.__name__: kind for kind in (InvalidInput, NotFound, Conflict)}
_TIMEOUT = aiohttp.ClientTimeout(total=60)
T = TypeVar("T")


class ControlTransport:
    """Sends verbs to a sandbox. Raises the errors that the verb raised there, or Unreachable."""

    def __init__(self, control_url: str, http: aiohttp.ClientSession) -> None:
        self._url = control_url.rstrip("/")
        self._http = http

    async def call(self, path: str, result: type[T], **arguments: object) -> T:
        """Calls a verb ("discord/post") and reads its result as `result`."""
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(arguments)
        try:
            async with self._http.post(f"{self._url}/{path}", data=body, headers=headers, timeout=_TIMEOUT) as response:
                return self._read(response.status, await response.read(), result)
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise _unreachable() from problem

    async def get(self, path: str, result: type[T]) -> T:
        """Reads what needs no arguments."""
        try:
            async with self._http.get(f"{self._url}{path}", timeout=_TIMEOUT) as response:
                return self._read(response.status, await response.read(), result)
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise _unreachable() from problem

    def _read(self, status: int, body: bytes, result: type[T]) -> T:
        if status == 200:
            return msgspec.convert(msgspec.json.decode(body)["result"], result, strict=False)
        told = msgspec.json.decode(body) if body[:1] == b"{" else {}
        kind = _ERRORS.get(told.get("error", ""), RelayError)
        raise kind(told.get("message") or f"The sandbox answered {status}.", hint=told.get("hint", ""))


def _unreachable() -> Unreachable:
    return Unreachable("The sandbox does not answer.", hint="Is `python manage.py sandbox` running?")
