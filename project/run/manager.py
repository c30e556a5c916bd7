"""Keeps a set of services running until told to stop; nothing of them is left afterwards.

One thread starts and watches them all, since the kernel ends a child when the *thread* that started it ends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from project.core.stopping import hurried, pause
from project.embedded.files import private_directory
from project.run.runner import Runner
from project.run.service import Service, State, Status

DRAIN_SECONDS = 10.0
_TICK = 0.05
_log = logging.getLogger(__name__)

Echo = Callable[[str, str], None]  # service, line of its output


class Manager:
    """Runs `services`; their output goes to `logs`/<name>.log and, line by line, to `echo`."""

    def __init__(self, services: Sequence[Service], *, logs: Path, directory: Path, echo: Echo | None = None) -> None:
        self._logs = logs
        self._runners = [Runner(item, log=logs / f"{item.name}.log", directory=directory) for item in services]
        self._echo = echo
        self._leave = threading.Event()
        self._statuses: tuple[Status, ...] = tuple(runner.status() for runner in self._runners)
        self._thread = threading.Thread(target=self._run, name="services", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start every service; returns at once. Raises SettingError when the logs have no place."""
        private_directory(self._logs)
        self._thread.start()

    def statuses(self) -> tuple[Status, ...]:
        """How each service stands, in the order given."""
        return self._statuses

    def wait_ready(self, seconds: float) -> tuple[Status, ...]:
        """Wait until all are ready, at most `seconds`. Answers with those that are not. Raises StopAsked."""
        self._wait(lambda: not self._late(), seconds)
        return self._late()

    def wait_settled(self, seconds: float) -> None:
        """Wait until each service works or is known not to, at most `seconds`. Raises StopAsked."""
        self._wait(lambda: all(status.settled for status in self._statuses), seconds)

    def stop(self) -> None:
        """Ask every service to end, wait up to DRAIN_SECONDS (not at all in a hurry), end what is left. Idempotent."""
        self._leave.set()
        if self._thread.is_alive():
            self._thread.join()

    def _wait(self, true: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true() and time.monotonic() < deadline:
            pause(_TICK)

    def _late(self) -> tuple[Status, ...]:
        return tuple(status for status in self._statuses if status.state is not State.READY)

    def _run(self) -> None:
        try:
            self._look()
            while not self._leave.wait(_TICK):
                self._look()
        finally:
            self._stop_all()

    def _look(self) -> None:
        for runner in self._runners:
            try:
                runner.look(time.monotonic())
            except OSError as error:  # no process or file could be made just now: try again at the next tick
                _log.warning("service %s: %s", runner.service.name, error)
        self._tell()

    def _stop_all(self) -> None:
        for runner in reversed(self._runners):
            runner.ask_to_stop()
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and not hurried() and not all(one.has_ended() for one in self._runners):
            self._tell()
            time.sleep(_TICK)
        for runner in self._runners:
            runner.finish()
        self._tell()

    def _tell(self) -> None:
        if self._echo is not None:
            for runner in self._runners:
                for line in runner.output.new_lines():
                    self._echo(runner.service.name, line)
        statuses = tuple(runner.status() for runner in self._runners)
        self._statuses = statuses
