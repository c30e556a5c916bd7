"""One service under watch: started, found ready, started again after a pause when it ends, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from project.embedded.child import kill_session, spawn
from project.run.output import Output
from project.run.service import Service, State, Status

_FIRST_PAUSE = 0.5  # seconds
_LONGEST_PAUSE = 30.0
_STEADY = 60.0  # a service that ran this long starts over with the first pause


class Runner:
    """Drives one service, from the manager's thread; times are seconds of a monotonic clock."""

    def __init__(self, service: Service, *, log: Path, directory: Path) -> None:
        self.service = service
        self.output = Output(log)
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False  # the process is gone, and the pause before the next start runs
        self._refused = False
        self._looked_at = 0  # bytes of the output
        self._said = ""  # why it failed
        self._state = State.STARTING
        self._starts = 0
        self._started_at = 0.0
        self._next_start = 0.0
        self._pause = _FIRST_PAUSE

    def look(self, now: float) -> None:
        """See how it is doing; start it at first, and again when its pause is over. Raises OSError."""
        self.output.bound()
        if self._process is None or self._is_over:
            if now >= self._next_start:
                self._start(now)
        elif self._process.poll() is not None:
            self._ended(self._process, now)
        elif self._is_refused():
            self._fail()
        elif self._state is not State.READY and self._is_ready(now):
            self._state = State.READY

    def ask_to_stop(self) -> None:
        """SIGTERM; the service drains."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def has_ended(self) -> bool:
        """Has the process ended (or never run)?"""
        return self._process is None or self._process.poll() is not None

    def finish(self) -> None:
        """End whatever is left of it at once."""
        if self._process is not None:
            kill_session(self._process)
            self._process.wait()
        self._state = State.STOPPED

    def status(self) -> Status:
        """How it stands now."""
        process = self._process
        return Status(
            name=self.service.name,
            state=self._state,
            pid=process.pid if process is not None and process.returncode is None else None,
            restarts=max(0, self._starts - 1),
            exit_code=process.returncode if process is not None else None,
            log=self.output.path,
            last_line=self._said if self._state is State.FAILED else "",
        )

    def _start(self, now: float) -> None:
        with self.output.open() as file:
            self._process = spawn(
                self.service.argv,
                output=file,
                directory=self._directory,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.service.env},
            )
        self._is_over = self._refused = False
        self._starts += 1
        self._started_at = now

    def _is_ready(self, now: float) -> bool:
        return self.service.ready(self.output.since_start(), now - self._started_at)

    def _is_refused(self) -> bool:
        """Once in the life of a process: such a service rests for an hour, then ends."""
        size = self.output.size()
        if self.service.refused and not self._refused and size != self._looked_at:
            self._looked_at = size
            self._refused = self.service.refused in self.output.since_start()
        return self._refused

    def _fail(self) -> None:
        """FAILED until it is ready again: a service that ends anew every few seconds is not "starting"."""
        self._state = State.FAILED
        self._said = self.output.last_line()

    def _ended(self, process: subprocess.Popen[bytes], now: float) -> None:
        kill_session(process)  # children that it left behind
        if now - self._started_at >= _STEADY:
            self._pause = _FIRST_PAUSE
        self._is_over = True
        self._fail()
        self._next_start = now + self._pause
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
