"""The log file of one service: bounded, and followed line by line for the terminal."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import IO

from project.embedded.files import open_log

_LIMIT = 20 * 1024 * 1024  # bytes; then the log is copied to .1 and emptied
_ONE_READ = 256 * 1024


class Output:
    """Follows what a service appends to its log file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = 0
        self._begin = 0
        self._rest = b""

    def open(self) -> IO[bytes]:
        """The file for the next start; what is read afterwards is only what that start writes."""
        file = open_log(self.path)
        self._seen = self._begin = os.fstat(file.fileno()).st_size
        self._rest = b""
        return file

    def since_start(self) -> str:
        """What the running start has written, its last part when that is much."""
        return self._read(max(self._begin, self.size() - _ONE_READ)).decode(errors="replace")

    def last_line(self) -> str:
        """The last line that is not empty; of a log event its words."""
        lines = [line for line in self.since_start().splitlines() if line.strip()]
        return _words(lines[-1].strip()) if lines else ""

    def new_lines(self) -> list[str]:
        """Complete lines written since the last call."""
        fresh = self._read(self._seen)
        self._seen += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def bound(self) -> None:
        """Keep the file from growing for ever. A line written during the copy may be lost."""
        if self.size() > _LIMIT:
            shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))
            os.truncate(self.path, 0)
            self._seen = self._begin = 0

    def size(self) -> int:
        """Bytes written so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _read(self, offset: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(_ONE_READ)


def _words(line: str) -> str:
    """What a person reads of a structured log line: the event, and what to do or why."""
    try:
        event = json.loads(line)
    except ValueError:
        return line
    if not isinstance(event, dict):
        return line
    return ": ".join(str(event[name]) for name in ("event", "hint", "reason") if event.get(name))
