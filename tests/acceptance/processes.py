"""A sandbox and the product's own processes for one test process, on a database of their own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from django.db import connections
from psycopg import sql

from project.core.config import Config, current
from project.core.dsn import parse_database_url
from project.core.roles import grant_roles
from project.embedded.layout import ACCOUNTS, OWNER, SERVICES
from project.env import BASE_DIR, load
from project.run.manager import Manager
from project.run.service import Ready, Service, running_for, wrote
from project.sandbox.client import ControlClient

START = 100.0  # seconds, on a busy machine
FAST = {
    "LEASE_TTL": "4",
    "LEASE_RENEW": "0.5",
    "LEASE_FENCE": "3",
    "HANDOVER_WAIT": "0",
    "BOOT_LIMIT": "60",
    "TELEGRAM_API_ID": "12345",
    "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
    "LOG_LEVEL": "INFO",
}
_OWN_REDIS = 32  # the test process's own Redis database has a number below this


@dataclass(frozen=True)
class Processes:
    """What runs, and how to reach it. `owner` is in ADMIN_USER_IDS; `bot` is the admin bot's user id."""

    env: dict[str, str]
    config: Config
    control_url: str
    bot: int
    owner: int
    guild: int
    discord_bot: int
    manager: Manager
    logs: Path

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def restarts(self, name: str) -> int:
        """How often a process was started again."""
        return next(status.restarts for status in self.manager.statuses() if status.name == name)

    def pid(self, name: str) -> int:
        """The process itself."""
        found = next(status.pid for status in self.manager.statuses() if status.name == name)
        assert found is not None, f"{name} does not run"
        return found


@contextmanager
def running(folder: Path) -> Iterator[Processes]:
    """Everything started and ready; nothing of it is left afterwards."""
    logs = folder / "log"
    env = {**os.environ, **FAST, "VAR_DIR": str(folder), "NODE_NAME": "acceptance", "EGRESS_ADDRESS": "127.0.1.7"}
    env |= {"DJANGO_SETTINGS_MODULE": "project.settings", **_own_database()}
    with _sandbox(folder, logs) as told:
        env |= {name: told[name.lower()] for name in _ENDPOINTS}
        people = asyncio.run(_people(told["control_url"]))
        env |= {"ADMIN_BOT_TOKEN": people.token, "ADMIN_USER_IDS": str(people.owner)}
        env |= {"DISCORD_BOT_TOKEN": people.discord_token}
        with Manager(_services(env), logs=logs, directory=BASE_DIR) as manager:
            late = manager.wait_ready(START)
            assert not late, "\n".join((logs / f"{one.name}.log").read_text()[-3000:] for one in late)
            yield Processes(
                env=env,
                config=load(env),
                control_url=told["control_url"],
                bot=people.bot,
                owner=people.owner,
                guild=people.guild,
                discord_bot=people.discord_bot,
                manager=manager,
                logs=logs,
            )


_ENDPOINTS = (
    *("TELEGRAM_DC", "TELEGRAM_DC_KEY_FILE", "BOT_API_URL"),
    *("DISCORD_API_URL", "DISCORD_GATEWAY_URL"),
)


@dataclass(frozen=True)
class _People:
    owner: int
    bot: int
    token: str
    guild: int
    discord_bot: int
    discord_token: str


async def _people(control_url: str) -> _People:
    async with ControlClient(control_url) as control:
        bot = await control.telegram.create_bot("relay admin", username="relay_admin_bot")
        discord = await control.discord.create_bot("relay")
        return _People(
            owner=await control.telegram.create_user("+4915199999999", "Olga Owner"),
            bot=bot.user_id,
            token=bot.token,
            guild=await control.discord.create_guild("Acceptance"),
            discord_bot=discord.id,
            discord_token=discord.token,
        )


@contextmanager
def _sandbox(folder: Path, logs: Path) -> Iterator[dict[str, str]]:
    told = folder / "sandbox.json"
    argv = (sys.executable, "-m", "project.sandbox", "--key-file", str(folder / "dc.pem"), "--ready-file", str(told))
    with Manager([Service("sandbox", argv, _exists(told))], logs=logs, directory=BASE_DIR) as manager:
        assert not manager.wait_ready(START), "the sandbox did not start"
        yield json.loads(told.read_text())


def _services(env: dict[str, str]) -> list[Service]:
    def manage(command: str) -> tuple[str, ...]:
        return (sys.executable, str(BASE_DIR / "manage.py"), command)

    celery = (sys.executable, "-m", "celery", "-A", "project.celery", "worker", "-Q", "control", "-c", "1")
    return [
        Service("node", manage("runnode"), running_for(1), env),
        Service("bot", manage("runbot"), wrote("the admin bot listens"), env),
        Service("control", (*celery, "-n", "control@%h"), wrote(" ready."), env),
    ]


def _exists(path: Path) -> Ready:
    return lambda _output, _age: path.exists()


def _own_database() -> dict[str, str]:
    """A copy of the test database, which has all tables and no rows, and a Redis database."""
    config = current()
    name = parse_database_url(config.database_url).name
    own = name.replace("relay_test", "relay_acceptance")
    connections.close_all()
    admin = config.database_url.replace(f"/{name}?", "/postgres?")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(own)))
        _copy(conn, name, own)
    redis, _, number = config.redis_url.rpartition("db=")
    owner = config.database_url.replace(f"/{name}?", f"/{own}?")
    urls = {
        "DATABASE_OWNER_URL": owner,
        "DATABASE_URL": _as(SERVICES, owner),
        "DATABASE_ACCOUNTS_URL": _as(ACCOUNTS, owner),
    }
    with psycopg.connect(owner, autocommit=True) as conn:
        grant_roles(conn, replace(config, **{setting.lower(): url for setting, url in urls.items()}))
    return urls | {
        "REDIS_URL": f"{redis}db={int(number) + _OWN_REDIS}",
    }


def _as(role: str, url: str) -> str:
    return url.replace(f"//{OWNER}@", f"//{role}@")


def _copy(conn: psycopg.Connection, name: str, own: str) -> None:
    """PostgreSQL copies only what nobody else uses: a process of the last test may be just ending, and what stays
    idle after that was forgotten by a test."""
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(own), sql.Identifier(name))
    forgotten = time.monotonic() + 5
    for _ in range(100):
        try:
            conn.execute(copy)
            return
        except psycopg.errors.ObjectInUse:
            time.sleep(0.2)
        if time.monotonic() > forgotten:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    raise AssertionError("the test database is in use")
