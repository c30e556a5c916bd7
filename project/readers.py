"""From the text of a setting to its value. Readers raise ValueError with the reason, never with the text."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from project.core.config import About, Kind
from project.core.crypto import Keyring
from project.core.dsn import check_redis_url, parse_database_url, port_of, split_url
from project.core.secret import Secret
from project.core.weburl import normal_url, script_path

_SWITCH = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def read_value(about: About, text: str) -> Any:
    """The value of one setting."""
    value = _READERS[about.kind](text)
    if about.low is not None and about.high is not None and not about.low <= value <= about.high:
        raise ValueError(f"must be from {about.low:g} to {about.high:g} {about.unit}".rstrip())
    return value


def _integer(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20):
        raise ValueError("must be a whole number")
    return int(text)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("must be a number")
    return value


def _switch(text: str) -> bool:
    try:
        return _SWITCH[text.lower()]
    except KeyError:
        raise ValueError("must be on or off") from None


def _ids(text: str) -> tuple[int, ...]:
    ids = tuple(_integer(part.strip()) for part in text.split(",") if part.strip())
    if any(number <= 0 for number in ids):
        raise ValueError("must hold positive numbers only")
    return ids


def _database(text: str) -> str:
    parse_database_url(text)
    return text


def _redis(text: str) -> str:
    check_redis_url(text)
    return text


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = split_url(text)
        port_of(parts)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)} and name a host")
        if parts.username or parts.query or parts.fragment:
            raise ValueError("must have no user, query or fragment")
        return normal_url(text)

    return read


def _public_url(text: str) -> str:
    url = _url("http", "https")(text)
    script_path(url)
    return url


def _ip_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address of this host") from None


def _datacenter(text: str) -> str:
    dc_id, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    if not (dc_id.isdigit() and host and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("must be id:host:port, as in 2:127.0.0.1:443")
    return text


def _log_format(text: str) -> str:
    if text not in ("json", "console"):
        raise ValueError("must be json or console")
    return text


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.SWITCH: _switch,
    Kind.IDS: _ids,
    Kind.SECRET: Secret,
    Kind.KEYS: Keyring.parse,
    Kind.DATABASE: _database,
    Kind.REDIS: _redis,
    Kind.WEB_URL: _url("http", "https"),
    Kind.PUBLIC_URL: _public_url,
    Kind.SOCKET_URL: _url("ws", "wss"),
    Kind.IP_ADDRESS: _ip_address,
    Kind.DATACENTER: _datacenter,
    Kind.FOLDER: Path,
    Kind.LOG_FORMAT: _log_format,
}
