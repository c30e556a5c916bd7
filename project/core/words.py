"""Numbers and words as people write them."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """ "1 pair", "2 pairs": for words that only take an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
