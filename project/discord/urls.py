"""Webhook URLs that people paste. Each is a bearer secret, and an address that our host will call.

So nothing is guessed: exactly Discord's own hosts are accepted, and that of the DISCORD_API_URL setting, and
redirects are never followed. No message of ours repeats the URL.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.discord.objects import Webhook

HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
LONGEST = 300
PATH = re.compile(r"(?P<base>/[A-Za-z0-9/_-]+)/webhooks/(?P<id>[1-9][0-9]{0,18})/(?P<token>[A-Za-z0-9_-]{8,128})")
DISCORD_BASE = re.compile(r"/api(/v[0-9]{1,2})?")
THREAD = re.compile(r"thread_id=([1-9][0-9]{0,18})")
HINT = "Copy it from Discord: channel settings, Integrations, Webhooks, Copy Webhook URL."


def parse_webhook_url(url: str, *, api_url: str) -> Webhook:
    """The webhook a URL names. InvalidInput unless it is exactly one of Discord or of `api_url`."""
    text = url.strip(" \t\r\n")
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise InvalidInput("This is not a webhook URL.", hint=HINT)
    parts = _split(text)
    found = PATH.fullmatch(parts.path)
    thread = THREAD.fullmatch(parts.query) if parts.query else None
    if not found or parts.fragment or "#" in text or (parts.query and not thread):
        raise InvalidInput("This is not a webhook URL.", hint=HINT)
    _check_origin(parts, found["base"], api_url)
    return Webhook(int(found["id"]), Secret(found["token"]), int(thread[1]) if thread else None)


def webhook_url(webhook: Webhook, *, api_url: str) -> Secret:
    """The URL that `parse_webhook_url` reads back."""
    thread = f"?thread_id={webhook.thread_id}" if webhook.thread_id else ""
    return Secret(f"{api_url.rstrip('/')}/webhooks/{webhook.id}/{webhook.token.reveal()}{thread}")


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        pass
    raise InvalidInput("This is not a webhook URL.", hint=HINT)


def _check_origin(parts: SplitResult, base: str, api_url: str) -> None:
    # The whole netloc is compared, so user info, ports, trailing dots and look-alike hosts all fail.
    own = urlsplit(api_url)
    if (parts.scheme, parts.netloc.lower()) == (own.scheme, own.netloc.lower()):
        known = base == own.path.rstrip("/") or bool(DISCORD_BASE.fullmatch(base))
    else:
        known = parts.scheme == "https" and parts.netloc.lower() in HOSTS and bool(DISCORD_BASE.fullmatch(base))
    if not known:
        raise InvalidInput("This is not the address of a Discord webhook.", hint=HINT)
