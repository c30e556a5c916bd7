"""Who acts, when a command does."""

from __future__ import annotations

import getpass
import os


def actor() -> str:
    """ "cli:<user of the operating system>", as the audit trail shows it."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"cli:{os.getuid()}"
