"""Times as people say them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """ "3 min", "2 h 5 min", "4 d 3 h": the two largest units; "0 s" for less than a second."""
    left = max(0, int(seconds))
    for index, (name, size) in enumerate(_UNITS):
        if left >= size:
            first, rest = divmod(left, size)
            text = f"{first} {name}"
            if name in ("d", "h"):
                smaller, smaller_size = _UNITS[index + 1]
                second = rest // smaller_size
                text += f" {second} {smaller}" if second else ""
            return text
    return "0 s"


def ago(then: datetime | None, now: datetime) -> str:
    """ "3 min ago", "just now", "never"."""
    if then is None:
        return "never"
    passed = (now - then) / timedelta(seconds=1)
    if passed < -1:
        return f"in {span(-passed)}"
    return "just now" if passed < 5 else f"{span(passed)} ago"
