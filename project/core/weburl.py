"""The address of a web server as browsers write it: the origin they send, and the path below it.

Source: https://fetch.spec.whatwg.org/#origin-header and https://url.spec.whatwg.org/#concept-host-parser.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


def normal_url(text: str) -> str:
    """Scheme and host in small letters, the host in punycode without a dot at its end, no default port, no slash at the
    end. Raises ValueError with the reason for what is no address; it never repeats the text."""
    parts = urlsplit(text)
    if not parts.scheme or not parts.hostname:
        raise ValueError("must be an address like https://relay.example.org")
    return f"{origin(parts)}{parts.path.rstrip('/')}"


def origin(parts: SplitResult) -> str:
    """What browsers send as Origin."""
    host, port = _host(parts.hostname or ""), parts.port
    shown = "" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def script_path(url: str) -> str:
    """The path of a normal URL, "" without one: what a proxy cuts off before it passes a request on. Raises ValueError
    for one that is no plain path, or that names the site's own first page."""
    path = urlsplit(url).path.rstrip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError("its path may hold letters, digits, - . _ ~ and single slashes only")
    if path.split("/")[-1] == "admin":
        raise ValueError("must not end in /admin: that is added")
    return path


def host_of(url: str) -> str:
    """The host of a normal URL as a Host header names it, without its port."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def _host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    host = host.rstrip(".")
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        raise ValueError("its host is no name of the internet") from None
