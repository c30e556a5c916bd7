"""Amounts of memory and disk as people say them. Pure."""

from __future__ import annotations

_UNITS = ("B", "KB", "MB", "GB", "TB")


def size(amount: int | None) -> str:
    """ "41 MB", "3.1 GB"; "?" for what is not known."""
    if amount is None:
        return "?"
    value, unit = float(amount), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if 0 < value < 10 and unit else f"{value:.0f} {_UNITS[unit]}"


def free_of(free: int | None, total: int | None) -> str:
    """ "3.1 GB of 8.2 GB free"."""
    return f"{size(free)} of {size(total)} free"
