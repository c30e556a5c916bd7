"""Cutting HTML into messages that Telegram takes: at line breaks where possible, tags closed and opened again. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

LIMIT = 4096  # UTF-16 units after the entities were parsed (Bot API, sendMessage)
CAPTION_LIMIT = 1024
_PIECE = re.compile(r"(<[^<>]+>|&[#\w]+;|\n|[^<&\n]|[<&])", re.DOTALL)


def visible_length(html: str) -> int:
    """UTF-16 units of what people see."""
    return len(visible(html).encode("utf-16-le", "surrogatepass")) // 2


def visible(html: str) -> str:
    """The text without tags and entities."""
    return unescape(re.sub(r"<[^<>]+>", "", html))


def split(html: str, limit: int = LIMIT) -> list[str]:
    """Messages of at most `limit` visible units, each with balanced tags; at least one, none of them empty."""
    if visible_length(html) <= limit:
        return [html]
    parts = _Parts(limit)
    for piece in _lines(html):
        parts.add_line(piece)
    return parts.finish()


@dataclass
class _Parts:
    limit: int
    done: list[str] = field(default_factory=list)
    text: str = ""
    used: int = 0
    open: list[str] = field(default_factory=list)

    def add_line(self, line: str) -> None:
        length = visible_length(line)
        if self.used and self.used + length > self.limit:
            self.cut()
        if length <= self.limit:
            self.text, self.used = self.text + line, self.used + length
            self.open = _open_after(self.open, line)
            return
        for piece in _PIECE.findall(line):
            self.add_piece(piece)

    def add_piece(self, piece: str) -> None:
        length = visible_length(piece)
        if self.used + length > self.limit:
            self.cut()
        self.text, self.used = self.text + piece, self.used + length
        self.open = _open_after(self.open, piece)

    def cut(self) -> None:
        """What is there becomes a message; tags and blanks alone do not."""
        closing = "".join(f"</{_name(tag)}>" for tag in reversed(self.open))
        if visible(self.text).strip():
            self.done.append(self.text.rstrip("\n") + closing)
        self.text, self.used = "".join(self.open), 0

    def finish(self) -> list[str]:
        self.cut()
        return self.done or ["…"]


def _lines(html: str) -> list[str]:
    return html.splitlines(keepends=True) or [html]


def _open_after(before: list[str], piece: str) -> list[str]:
    opened = list(before)
    for tag in re.findall(r"<[^<>]+>", piece):
        if tag.startswith("</"):
            if opened:
                opened.pop()
        else:
            opened.append(tag)
    return opened


def _name(tag: str) -> str:
    return tag.strip("<>/").split()[0]
