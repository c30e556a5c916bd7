"""Which processes a program left behind, told by a variable that all of its children inherit."""

from __future__ import annotations

import os
import time
from pathlib import Path


def remaining(marker: str) -> list[str]:
    """Command lines of living processes whose environment, or command line, contains `marker`."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            inherited = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if line and (marker in inherited or marker in line):
            found.append(f"{folder.name} {line}")
    return found


def wait_gone(marker: str, limit: float = 30.0) -> list[str]:
    """What is still there after at most `limit` seconds."""
    deadline = time.monotonic() + limit
    while (left := remaining(marker)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
