"""Times that are stored, or compared with stored ones, are the database's: hosts' clocks differ."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("project", "sessions", "pairs", "workers")
WALL = re.compile(r"timezone\.now\(|datetime\.now\(|time\.time\(\)|utcnow\(")
ALLOWED = {
    "project/doors/doctor/clock.py": "compares this host's clock with others on purpose",
    "workers/services/pulses.py": "tells how far this host's clock is off",
    "workers/beat.py": "corrects times of Beat, which counts by its own clock",
    "project/telegram/chats.py": "tells how far Telegram's clock is off",
    "project/telegram/link.py": "the age of a login, in days, and only within one account",
    "project/telegram/session.py": "the same",
    "pairs/intake/source.py": "decides whether to ask Telegram what its clock says",
    "sessions/login/runner.py": "how long Telegram says that a QR code is good, within limits",
}


def test_no_wall_clock_where_times_are_stored_or_compared() -> None:
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "sandbox" not in path.parts and WALL.search(path.read_text())
    }
    assert found == set(ALLOWED)
