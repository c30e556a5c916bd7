"""Tables for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

EMPTY = "-"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns of equal width, two spaces apart; an empty cell shows as `-`. Control characters are escaped."""
    cells = [[*head], *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join("  ".join(map(_padded, row, widths)).rstrip() for row in cells)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return text or EMPTY


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns on a terminal: wide East Asian characters and emoji take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
