"""Starts, attaches to, watches and stops the embedded servers.

Every server is a child of one keeper thread: the kernel ends it when that thread, so this program, ends in
whatever way. A server that is already running is used as it is, and left alone at the end.
"""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from project.core.config import Config
from project.core.errors import RelayError, SettingError
from project.core.stopping import pause
from project.embedded.files import last_lines, locked, open_log, private_directory
from project.embedded.layout import Layout, layout
from project.embedded.postgres import Postgres
from project.embedded.redis import EmbeddedRedis
from project.embedded.remains import processes_in

_log = logging.getLogger(__name__)
_START_SECONDS = 90.0  # recovery from the log after a crash included
_LEAVE_SECONDS = 30.0  # how long a dying server of another program may take
_LOCK_SECONDS = 150.0
_POLL = 0.02
_WATCH = 0.5
_LONGEST_PAUSE = 30.0


class Server(Protocol):
    """One kind of embedded server."""

    @property
    def name(self) -> str: ...
    @property
    def data(self) -> Path: ...
    @property
    def log(self) -> Path: ...
    def answers(self) -> bool: ...
    def accepts(self) -> bool: ...
    def prepare(self) -> None: ...
    def start(self, output: IO[bytes]) -> subprocess.Popen[bytes]: ...
    def repair(self) -> bool: ...
    def finish_start(self) -> None: ...
    def stop(self, process: subprocess.Popen[bytes]) -> None: ...


def ensure_servers(config: Config, *, take_over: bool = False, durable: bool = True) -> Servers:
    """The servers that this configuration leaves to us, as a context manager: they run inside the `with`.

    Those it started stop after it; without any to start it does nothing. `take_over`: start a server when the
    other program that ran it has ended (for programs that stay). `durable=False` is for tests: data need not
    survive the machine. Entering raises SettingError or Conflict.
    """
    place = layout(config.var_dir)
    wanted: list[Server] = []
    if config.embedded_database:
        wanted.append(Postgres(config, place, durable=durable))
    if config.embedded_redis:
        wanted.append(EmbeddedRedis(place, durable=durable))
    return Servers(place, wanted, take_over=take_over)


class Servers:
    """A set of embedded servers. Entering raises SettingError or Conflict, with a sentence for a person."""

    def __init__(self, place: Layout, wanted: Sequence[Server], *, take_over: bool = False) -> None:
        self._place = place
        self._wanted = tuple(wanted)
        self._take_over = take_over
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._keeper: threading.Thread | None = None
        self._settled = threading.Event()
        self._leave = threading.Event()
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        if self._wanted:
            self._keeper = threading.Thread(target=self._keep, name="embedded-servers", daemon=True)
            self._keeper.start()
            try:
                while not self._settled.is_set():
                    pause(_POLL)
            except BaseException:
                self.stop()
                raise
            if self._failure is not None:
                self.stop()
                raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def started(self) -> tuple[str, ...]:
        """Names of the servers that this program started (and will stop)."""
        return tuple(server.name for server in self._wanted if server.name in self._children)

    @property
    def attached(self) -> tuple[str, ...]:
        """Names of the servers that were already running."""
        return tuple(server.name for server in self._wanted if server.name not in self._children)

    def stop(self) -> None:
        """Stop what this program started. Idempotent."""
        self._leave.set()
        if self._keeper is not None:
            self._keeper.join()

    def _keep(self) -> None:
        try:
            self._ensure_all()
        except (RelayError, OSError, subprocess.SubprocessError) as error:
            self._failure = error
        self._settled.set()
        try:
            if self._failure is None:
                self._watch()
        finally:
            self._stop_all()

    def _ensure_all(self) -> None:
        for directory in (self._place.logs, self._place.sockets):
            private_directory(directory)
        if all(server.answers() for server in self._wanted):
            return
        with locked(self._place.lock, seconds=_LOCK_SECONDS):
            for server in self._wanted:
                self._ensure(server)

    def _ensure(self, server: Server) -> None:
        self._children.pop(server.name, None)  # it is dead, or was never there
        if server.answers() or self._joined(server):
            return
        server.prepare()
        try:
            self._start(server)
        except SettingError:
            if not server.repair():
                raise
            _log.warning("embedded %s: damaged data was put aside", server.name)
            self._start(server)
        server.finish_start()

    def _start(self, server: Server) -> None:
        with open_log(server.log) as output:
            process = server.start(output)
        self._children[server.name] = process
        self._await(server, process)

    def _joined(self, server: Server) -> bool:
        """Use a server that is just starting; wait for one that is just ending. False: the way is free."""
        deadline = time.monotonic() + _LEAVE_SECONDS
        while holders := processes_in(server.data):
            if server.accepts():
                server.finish_start()
                return True
            if time.monotonic() > deadline:
                raise SettingError(
                    "VAR_DIR",
                    f"process {holders[0]} works in {server.data} but does not answer as {server.name}",
                    hint="End that process, then start again.",
                )
            self._leave.wait(_POLL)
        return False

    def _await(self, server: Server, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not server.accepts():
            if process.poll() is not None:
                raise _failed(server, f"ended at once with exit code {process.returncode}")
            if time.monotonic() > deadline or self._leave.is_set():
                raise _failed(server, f"did not answer within {_START_SECONDS:.0f} s")
            time.sleep(_POLL)

    def _watch(self) -> None:
        """Start again what died: our own servers always, another program's only when asked to take over."""
        wait = 0.0
        while not self._leave.wait(_WATCH + wait):
            missing = [server for server in self._wanted if self._is_missing(server)]
            try:
                if missing:
                    _log.warning("embedded server gone, starting it again: %s", missing[0].name)
                    self._ensure_all()
                wait = 0.0
            except (RelayError, OSError, subprocess.SubprocessError) as error:
                wait = min(_LONGEST_PAUSE, wait * 2 + 1)
                _log.error("embedded server did not start, next try in %.0f s: %s", wait, error)

    def _is_missing(self, server: Server) -> bool:
        process = self._children.get(server.name)
        if process is not None:
            return process.poll() is not None
        return self._take_over and not processes_in(server.data)

    def _stop_all(self) -> None:
        if not self._children:
            return
        with locked(self._place.lock, seconds=_LOCK_SECONDS):
            for server in reversed(self._wanted):
                process = self._children.pop(server.name, None)
                if process is not None:
                    server.stop(process)


def _failed(server: Server, problem: str) -> SettingError:
    return SettingError(
        "VAR_DIR",
        f"the embedded {server.name} {problem}:\n{last_lines(server.log)}",
        hint=f"The whole log is {server.log}.",
    )
