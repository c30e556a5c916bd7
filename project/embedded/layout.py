"""Where the embedded servers keep their data, sockets and logs: pure functions of the var directory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SUN_PATH_LIMIT = 107  # bytes of a Unix socket's path on Linux, without the closing zero
_LONGEST_SOCKET = ".s.PGSQL.5432.lock"  # PostgreSQL adds .lock beside its socket
DATABASE = "relay"
OWNER, SERVICES, ACCOUNTS = "relay", "relay_app", "relay_accounts"  # roles; the first is the cluster's superuser
REDIS_DATABASES = 64  # one for each test process


@dataclass(frozen=True, slots=True)
class Layout:
    """The directories and addresses below one var directory (absolute)."""

    var: Path

    @property
    def postgres_data(self) -> Path:
        return self.var / "postgres"

    @property
    def redis_data(self) -> Path:
        return self.var / "redis"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def lock(self) -> Path:
        return self.var / "servers.lock"

    @property
    def sockets(self) -> Path:
        """Directory of the sockets: below var, or a short one in /tmp when that path would be too long."""
        own = self.var / "run"
        if len(bytes(own / _LONGEST_SOCKET)) <= SUN_PATH_LIMIT:
            return own
        digest = hashlib.sha256(bytes(self.var)).hexdigest()
        return Path("/tmp") / f"relay-{digest[:16]}"  # noqa: S108 - mode 0700 and its owner are checked at start

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"


def layout(var_dir: Path) -> Layout:
    """The layout below `var_dir`, links resolved: every name of a checkout means the same sockets."""
    return Layout(var_dir.expanduser().resolve())


def database_url(var_dir: Path, user: str = OWNER) -> str:
    """URL of the embedded PostgreSQL, in the form that libpq and asyncpg both read."""
    return f"postgresql://{user}@/{DATABASE}?host={quote(str(layout(var_dir).sockets), safe='/')}"


def redis_url(var_dir: Path) -> str:
    """URL of the embedded Redis, in redis-py's form."""
    return f"unix://{quote(str(layout(var_dir).redis_socket), safe='/')}?db=0"
