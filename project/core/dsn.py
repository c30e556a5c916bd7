"""Addresses of PostgreSQL and Redis: from the URL of a setting to what each client wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A PostgreSQL database. `host` may be the folder of a Unix socket; `options` are libpq parameters."""

    name: str
    user: str
    password: str = field(repr=False)
    host: str
    port: str
    options: tuple[tuple[str, str], ...] = ()


def parse_database_url(url: str) -> DatabaseAddress:
    """Read `postgresql://user:password@host:port/name?sslmode=…`; `?host=/folder` means a Unix socket.

    Raises ValueError with the reason (never with the URL, which may hold a password).
    """
    parts = split_url(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("must start with postgresql:// (PostgreSQL is the only database)")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ValueError("must name a database, as in postgresql://user:password@host:5432/name")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    port = options.pop("port", "") or port_of(parts)
    user = options.pop("user", "") or unquote(parts.username or "")
    password = options.pop("password", "") or unquote(parts.password or "")
    return DatabaseAddress(name, user, password, host, port, tuple(sorted(options.items())))


def check_redis_url(url: str) -> None:
    """Raise ValueError with the reason when this is no address of a Redis server."""
    parts = split_url(url)
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must start with redis://, rediss:// or unix://")
    if parts.scheme == "unix" and not parts.path:
        raise ValueError("must name the socket file, as in unix:///run/redis.sock?db=0")
    if parts.scheme != "unix" and not parts.hostname:
        raise ValueError("must name a host, as in redis://host:6379/0")
    port_of(parts)


def celery_broker_url(redis_url: str) -> str:
    """The same server in Celery's spelling, which calls a Unix socket redis+socket://."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    credentials = f"{parts.netloc}" if "@" in parts.netloc else ""
    return f"redis+socket://{credentials}{parts.path}?virtual_host={number}"


def split_url(url: str) -> SplitResult:
    """`urlsplit` whose errors never repeat the URL."""
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("is no URL") from None


def port_of(parts: SplitResult) -> str:
    """The port as text, "" when there is none."""
    try:
        return str(parts.port or "")
    except ValueError:
        raise ValueError("the port must be a number from 0 to 65535") from None
