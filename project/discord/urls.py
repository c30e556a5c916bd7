"""Webhook URLs that people paste. Each is a bearer secret, and an address that our host will call.

So the address is never guessed: exactly Discord's own hosts are accepted, and that of the DISCORD_API_URL setting; only
the id and the token are used, and redirects are never followed. No message of ours repeats any part of the URL but a
known ending.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from project.core.errors import InvalidInput
from project.core.pasted import bare
from project.core.secret import Secret
from project.discord.objects import Webhook

_BRANCHES = ("", "www.", "ptb.", "canary.")
HOSTS = frozenset(f"{branch}{host}" for branch in _BRANCHES for host in ("discord.com", "discordapp.com"))
LONGEST = 300
DISCORD_BASE = re.compile(r"/api(/v[0-9]{1,2})?")
HINT = "Copy it from Discord: channel settings, Integrations, Webhooks, Copy Webhook URL."
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.ASCII)
_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SHORTEST_TOKEN, _LONGEST_TOKEN = 8, 128
_DIALECTS = ("slack", "github")  # other programs' forms of the same webhook
_SWITCHES = ("wait", "with_components")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A webhook's URL taken apart. No `scheme`: it was left out."""

    scheme: str
    netloc: str
    base: str
    webhook: Webhook


def check_webhook_url(url: str) -> None:
    """Whether this has the form of a webhook's URL, wherever it leads. Raises InvalidInput with the wrong part."""
    _taken_apart(url)


def parse_webhook_url(url: str, *, api_url: str) -> Webhook:
    """The webhook that a URL names, in whatever is pasted with it: brackets, quotes, a slash at the end, `?wait=true`,
    `/slack`, no scheme. Raises InvalidInput with the part that is wrong; also for every host but Discord's and that of
    `api_url`."""
    parts = _taken_apart(url)
    _check_origin(parts, api_url)
    return parts.webhook


def webhook_url(webhook: Webhook, *, api_url: str) -> Secret:
    """The URL that `parse_webhook_url` reads back."""
    thread = f"?thread_id={webhook.thread_id}" if webhook.thread_id else ""
    return Secret(f"{api_url.rstrip('/')}/webhooks/{webhook.id}/{webhook.token.reveal()}{thread}")


def _taken_apart(url: str) -> _Parts:
    text = bare(url)
    _check_signs(text, typed=url)
    if not (scheme := _SCHEME.match(text)) or text[: scheme.end()].lower() not in ("http:", "https:"):
        if scheme and "." not in scheme[1]:
            raise _wrong("it begins with something else than https://")
        text = f"//{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _wrong("its host cannot be read") from None
    if "@" in parts.netloc:
        raise _wrong("a user name stands before its host")
    if parts.fragment or "#" in text:
        raise _wrong("it goes on after a #; leave that off")
    base, found, rest = parts.path.partition("/webhooks/")
    if not found:
        raise _wrong("its path is not /api/webhooks/<number>/<token>")
    webhook = Webhook(*_id_and_token(rest), _thread(parts.query))
    return _Parts(parts.scheme, parts.netloc.lower(), base, webhook)


def _check_signs(text: str, *, typed: str) -> None:
    if not text:
        raise InvalidInput("There is no webhook URL.", hint=HINT)
    if len(text) > LONGEST:
        raise _wrong(f"it is longer than {LONGEST} characters")
    if re.search(r"\s", text):
        raise _wrong("a blank or a line break stands in it")
    letters = "".join(filter(str.isalnum, typed))  # none that only looks like another one
    if not letters.isascii() or not text.isascii() or not text.isprintable() or "\\" in text:
        raise _wrong("a sign stands in it that no such URL has")


def _id_and_token(path: str) -> tuple[int, Secret]:
    number, _, after = path.rstrip("/").partition("/")
    token, _, ending = after.partition("/")
    if not _ID.fullmatch(number):
        raise _wrong("what follows /webhooks/ is no number")
    if not token:
        raise _wrong("the token is missing: it stands behind the number")
    if not _TOKEN.fullmatch(token):
        raise _wrong("its token, the last part, holds a sign that no token has")
    if len(token) < _SHORTEST_TOKEN:
        raise _wrong("its token, the last part, is cut off")
    if len(token) > _LONGEST_TOKEN:
        raise _wrong("its token, the last part, is too long")
    if ending and ending.lower() not in _DIALECTS:
        raise _wrong("it goes on behind the token; leave that off")
    return int(number), Secret(token)


def _thread(query: str) -> int | None:
    """The thread that a query names; switches of single requests are left out."""
    thread = None
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "thread_id" and thread is None and _ID.fullmatch(value):
            thread = int(value)
        elif name not in _SWITCHES:
            raise _wrong("it goes on after a ?; leave that off")
    return thread


def _check_origin(parts: _Parts, api_url: str) -> None:
    # The whole netloc is compared, so user info, ports, trailing dots and look-alike hosts all fail.
    own = urlsplit(api_url)
    is_own = parts.netloc == own.netloc.lower() and parts.scheme in ("", own.scheme)
    if not is_own and parts.netloc not in HOSTS:
        if parts.netloc.partition(":")[0] in HOSTS:
            raise _wrong("a port stands behind its host; leave that off")
        raise InvalidInput(
            "This is not the address of a Discord webhook: its host is none of Discord's (discord.com).", hint=HINT
        )
    if not DISCORD_BASE.fullmatch(parts.base) and not (is_own and parts.base == own.path.rstrip("/")):
        raise _wrong("its path is not /api/webhooks/<number>/<token>")


def _wrong(why: str) -> InvalidInput:
    return InvalidInput(f"This is not a webhook URL: {why}.", hint=HINT)
