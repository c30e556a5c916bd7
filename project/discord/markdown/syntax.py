"""What parser and writer must agree on: delimiters, URLs in text, guards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from project.core.message import Style

DELIMITER = {
    Style.BOLD: "**",
    Style.ITALIC: "*",
    Style.UNDERLINE: "__",
    Style.STRIKE: "~~",
    Style.SPOILER: "||",
}
DELIMITER_CHARS = frozenset("*_~|`")
GUARD = "\u2060"
"""WORD JOINER, invisible: keeps two delimiters apart that would otherwise be read as one.

Where the text itself has guards in such a place, the writer adds one and the parser takes one away, so nothing is lost.
"""
SPACE = r"[\s\ufeff]"
"""What Discord's client (JavaScript) and Python together call white space."""
SPACES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"
"""The same, every character of it."""

_URL = re.compile(r"https?://[^\s<]+")
_TICKS_GUARDED = re.compile(f"(`{GUARD}*){GUARD}(?=`)")
_TICKS = re.compile(f"(`{GUARD}*)(?=`)")


def is_space(char: str) -> bool:
    return char.isspace() or char == "\ufeff"


def url_end(text: str, start: int) -> int:
    """Where the URL that starts at `start` ends as Discord sees it; `start` itself when there is none."""
    match = _URL.match(text, start)
    if match is None:
        return start
    end = match.end()
    surplus = text.count(")", start, end) - text.count("(", start, end)
    while end > start and (text[end - 1] in ".,:;\"']" or (text[end - 1] == ")" and surplus > 0)):
        surplus -= text[end - 1] == ")"
        end -= 1
    return end if end - start > len("https://") else start


def urls(text: str) -> Iterator[tuple[int, int]]:
    """The places of the URLs that Discord makes clickable in plain text."""
    position = 0
    while (match := _URL.search(text, position)) is not None:
        end = url_end(text, match.start())
        if end > match.start():
            yield match.start(), end
        position = max(end, match.start() + 1)


def guard_ticks(code: str) -> str:
    """Puts a guard between neighbouring backticks. Inverse: `unguard_ticks`."""
    return _TICKS.sub(rf"\1{GUARD}", code)


def unguard_ticks(code: str) -> str:
    """Takes one guard from between neighbouring backticks."""
    return _TICKS_GUARDED.sub(r"\1", code)


def has_guarded_ticks(code: str) -> bool:
    return _TICKS_GUARDED.search(code) is not None
