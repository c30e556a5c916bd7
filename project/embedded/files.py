"""Private directories, log files and the lock that serialises starts and stops."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from project.core.errors import Conflict, SettingError

_LOG_LIMIT = 10 * 1024 * 1024  # bytes; a longer log moves to .1 at the next start
_LOCK_POLL = 0.05


def private_directory(path: Path) -> None:
    """Make `path` for our user alone. Raises SettingError when something else already stands in its place."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise SettingError("VAR_DIR", f"{path} cannot be made or used ({error.strerror})") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise SettingError(
            "VAR_DIR",
            f"{path} is not a directory of the user who runs this program",
            hint="Run as the user who owns it, remove it, or choose another VAR_DIR.",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


def open_log(path: Path) -> IO[bytes]:
    """Open a log file for appending, after moving one that has grown too long to `<name>.1`."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab", buffering=0)


def last_lines(path: Path, count: int = 5) -> str:
    """The last lines of a log file; empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 4096))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])


@contextmanager
def locked(path: Path, *, seconds: float) -> Iterator[None]:
    """Hold the file lock `path`. Raises Conflict when others kept it for `seconds`."""
    deadline = time.monotonic() + seconds
    with path.open("w") as file:
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise Conflict(
                    "Another program has been starting or stopping the embedded servers for too long.",
                    hint=f"See which process holds {path}.",
                )
            time.sleep(_LOCK_POLL)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
