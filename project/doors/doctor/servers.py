"""PostgreSQL, Redis, and the room they have."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import redis
from django.db.models import F

from project.core.checks import Check, failed, ok, warning
from project.core.config import Config
from project.core.dsn import parse_database_url
from project.core.errors import SettingError
from project.doors.doctor.database import connect
from project.failures import redis_unreachable
from sessions.models import TelegramSession
from workers.models import Placement
from workers.services.room import connection_room

DATABASE, REDIS = "database", "Redis"
OLDEST_POSTGRES = 140000  # as server_version_num
OLDEST_REDIS = (6, 2)
_SECONDS = 3.0
_PROBE = "relay.doctor"
MIB = 2**20
_ENOUGH, _TOO_LITTLE = 512 * MIB, 32 * MIB
_ASK = """
SELECT current_setting('server_version_num')::int, current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int,
    (SELECT sum(numbackends)::int FROM pg_stat_database)
"""


@dataclass(frozen=True, slots=True)
class _Seen:
    version: int
    most: int
    used: int


def check_database(config: Config) -> Check:
    """Reachable, not too old, room for the connections of every session."""
    try:
        with connect(config) as conn:
            row = conn.execute(_ASK).fetchone()
    except SettingError as error:
        return failed(DATABASE, error.message, error.hint)
    except psycopg.Error as error:
        return failed(DATABASE, f"PostgreSQL answers with an error ({type(error).__name__}).", "See its log.")
    seen = _Seen(*(row or (0, 0, 0)))
    where = "embedded" if config.embedded_database else parse_database_url(config.database_url).host
    version = f"{seen.version // 10000}.{seen.version % 10000}"
    if seen.version < OLDEST_POSTGRES:
        return failed(DATABASE, f"PostgreSQL {version} ({where}) is too old.", "Use PostgreSQL 14 or later.")
    return ok(DATABASE, f"PostgreSQL {version} ({where}), {seen.used} of {seen.most} connections in use.")


def check_tables(config: Config, *, behind: bool) -> Check:
    """Migrated? Programs that start the embedded server do it themselves."""
    if not behind:
        return ok("tables", "They are up to date.")
    if config.embedded_database:
        return ok("tables", "They are brought up to date at the next start.")
    return failed("tables", "They are not there yet, or behind.", "Run `python manage.py migrate`.")


def check_connections(config: Config) -> Iterator[Check]:
    """Are there enough for the sessions and the senders there are, and do they leave room for the services?"""
    alone = Placement.objects.filter(host=F("account"), account__startswith="sender.").count()
    accounts = TelegramSession.living().count() + alone
    room = connection_room()
    if why := room.shortage(0, accounts):
        yield warning("connections", f"{accounts} accounts may need a process each.", why)
    if config.database_accounts_url == config.database_url and not config.embedded_database:
        text = "The processes of accounts connect as the same role as the services, and can take their connections."
        yield warning("roles", text, "Set DATABASE_OWNER_URL and DATABASE_ACCOUNTS_URL (docs/howto/database-roles.md).")


def check_redis(config: Config) -> Iterator[Check]:
    """Reachable, not too old, keeps its data."""
    try:
        with redis.Redis.from_url(
            config.redis_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=None
        ) as client:
            info = client.info("everything")
            refusal = _refusal(client)
    except redis.RedisError as error:
        told = redis_unreachable(error)
        yield failed(REDIS, told.message, told.hint)
        return
    version = str(info.get("valkey_version") or info["redis_version"])
    where = "embedded" if config.embedded_redis else "REDIS_URL"
    name = "Valkey" if "valkey_version" in info else "Redis"
    if tuple(int(part) for part in str(info["redis_version"]).split(".")[:2]) < OLDEST_REDIS:
        yield failed(REDIS, f"{name} {version} ({where}) is too old.", "Use Redis or Valkey 6.2 or later.")
    else:
        yield ok(REDIS, f"{name} {version} ({where}).")
    if refusal:
        yield failed(REDIS, f"It takes no commands: {refusal}", "Give it memory, or room on its disk; see its log.")
    if not info.get("aof_enabled"):
        yield warning(REDIS, "It forgets commands when it restarts.", "Set `appendonly yes` in its configuration.")
    if (policy := info.get("maxmemory_policy")) != "noeviction":
        yield warning(REDIS, f"It may drop commands ({policy}).", "Set `maxmemory-policy noeviction`.")


def _refusal(client: redis.Redis) -> str:
    """What it answers to a write: OOM when its memory is full, MISCONF when it cannot write to its disk."""
    try:
        client.set(_PROBE, "", ex=1)
    except redis.ResponseError as error:
        return str(error).splitlines()[0]
    return ""


def check_room(config: Config) -> Iterator[Check]:
    """Is there room for VAR_DIR, where embedded servers and logs write?"""
    free = shutil.disk_usage(config.var_dir).free if config.var_dir.exists() else _ENOUGH
    text, todo = f"{free // MIB} MiB are free where VAR_DIR is.", "Make room: without it nothing is relayed."
    if free < _TOO_LITTLE:
        yield failed("disk", text, todo)
    elif free < _ENOUGH:
        yield warning("disk", text, todo)
