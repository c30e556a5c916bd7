"""Who acts, when a command or Python code does."""

from __future__ import annotations

import getpass
import os


def actor(door: str = "cli") -> str:
    """ "cli:<user of the operating system>", as the audit trail shows it."""
    try:
        return f"{door}:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"{door}:{os.getuid()}"
