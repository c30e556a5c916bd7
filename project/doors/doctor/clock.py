"""This host's clock, against the database's and the platforms'."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import aiohttp
import psycopg

from project.core.checks import Check, failed, ok, warning
from project.core.config import Config
from project.core.errors import SettingError
from project.doors.doctor.database import connect

FINE = 2.0  # seconds; an HTTP date tells whole seconds only
BAD = 30.0  # Telegram refuses message ids that are this far in the future (bad_msg_notification 17)
_LIMIT = aiohttp.ClientTimeout(total=5)


def check_database_clock(config: Config) -> Iterator[Check]:
    """Nothing to say when the database cannot be asked: its own check says so."""
    try:
        with connect(config) as conn:
            before = time.time()
            row = conn.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()
    except (SettingError, psycopg.Error):
        return
    yield judge("the database's", (before + time.time()) / 2 - float(row[0] if row else before))


async def check_platform_clocks(http: aiohttp.ClientSession, config: Config) -> list[Check]:
    """By the Date header of their answers; silence is no finding here."""
    places = {"Discord's": f"{config.discord_api_url}/gateway"}
    if not config.telegram_dc:  # another Telegram than the real one has no web server
        places["Telegram's"] = config.bot_api_url
    found = []
    for whose, url in places.items():
        ahead = await _ahead(http, url)
        if ahead is not None:
            found.append(judge(whose, ahead))
    return found


async def _ahead(http: aiohttp.ClientSession, url: str) -> float | None:
    """Seconds that our clock is ahead of that server's, rounded towards zero by its whole seconds."""
    try:
        before = time.time()
        async with http.get(url, timeout=_LIMIT, allow_redirects=False) as answer:
            date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
        return None
    ahead = (before + time.time()) / 2 - date
    return 0.0 if 0 <= ahead <= 1 else ahead - 1 if ahead > 1 else ahead


def judge(whose: str, ahead: float) -> Check:
    """What a difference of `ahead` seconds means."""
    text = f"This host's clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} {whose}."
    todo = "Let the system keep time (systemd-timesyncd, chrony)."
    if abs(ahead) > BAD:
        return failed("clock", text, todo)
    if abs(ahead) > FINE:
        return warning("clock", text, todo)
    return ok("clock", f"It agrees with {whose}.")
