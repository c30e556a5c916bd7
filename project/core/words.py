"""Numbers and words as people write them."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, thing: str) -> str:
    """ "1 pair", "2 pairs": for words that only take an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def few(names: Sequence[str], most: int) -> str:
    """The first names, and how many there are besides."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
