"""discord.py costs 43 MB: a process that only sends must not load it."""

from __future__ import annotations

import subprocess
import sys


def test_sending_does_not_load_discord_py() -> None:
    code = (
        "import sys, project.discord.rest, project.discord.urls, project.discord.invite, project.discord.markdown;"
        "sys.exit('discord' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
