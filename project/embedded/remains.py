"""What a killed server leaves behind: processes that still work in its data directory."""

from __future__ import annotations

import os
from pathlib import Path


def processes_in(directory: Path) -> list[int]:
    """Ids of the processes whose working directory is `directory` (both servers work in their data)."""
    wanted = os.path.realpath(directory)
    return [pid for pid in _all_processes() if _working_directory(pid) == wanted]


def _all_processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _working_directory(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:  # ended meanwhile, or another user's: none of ours
        return ""
