"""Times as people write them: `90s`, `15m`, `2h`, `3d`, `1w`, `1d12h`."""

from __future__ import annotations

import re
from datetime import timedelta

from project.core.errors import InvalidInput

LONGEST = timedelta(days=366)
HINT = "Write it like 30m, 2h, 3d, 1w or 1d12h."
_ONE = re.compile(r"([0-9]{1,5})([smhdw])")
_WHOLE = re.compile(r"([0-9]{1,5}[smhdw]){1,5}")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def looks_like_duration(text: str) -> bool:
    """Whether a word is meant as a time."""
    return bool(_WHOLE.fullmatch(text.lower())) if text.isascii() else False


def parse_duration(text: str) -> timedelta:
    """Raises InvalidInput for anything else, for nothing at all, and for more than a year."""
    if not looks_like_duration(text):
        raise InvalidInput(f"{text[:20]!r} is no time.", hint=HINT)
    total = sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in _ONE.findall(text.lower())), timedelta())
    if not timedelta() < total <= LONGEST:
        raise InvalidInput(f"{text!r} is not between one second and a year.", hint=HINT)
    return total
