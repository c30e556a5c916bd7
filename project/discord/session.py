"""The HTTP session that Discord is called through: who we are, and no memory of its cookies."""

from __future__ import annotations

import aiohttp

AGENT = "DiscordBot (https://relay.invalid, 0.1.0)"


def open_http() -> aiohttp.ClientSession:
    """A session that its maker closes; called within the loop that uses it.

    Cookies are not kept: nothing of Discord's API needs them, and looking through them costs each request 13 us
    (measured: docs/explanation/performance.md).

    Each call is one attempt. By itself aiohttp repeats a GET, PUT or DELETE when a kept connection breaks (client.py,
    IDEMPOTENT_METHODS); a delete that had happened then reads "Unknown Message", as if a moderator had been faster.
    """
    http = aiohttp.ClientSession(headers={"User-Agent": AGENT}, cookie_jar=aiohttp.DummyCookieJar())
    http._retry_connection = False
    return http
