"""Reads Discord markdown into a tree. Never raises; whatever is no markup stays visible as typed.

The rules are those of Discord's client (simple-markdown with its own rules); see docs/reference/text.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from project.core.message import RichText
from project.core.richtext import Span, from_spans
from project.discord.markdown.inline import Flow, scan_inline

_QUOTE_REST = re.compile(r" *>>> ")
_QUOTE_LINES = re.compile(r" *> [^\n]*(?:\n *> [^\n]*)*")
_QUOTE_MARK = re.compile(r"^ *> ", re.MULTILINE)
_HEADING = re.compile(r" *(#{1,3}) +(?=\S)([^\n]*)")
_SUBTEXT = re.compile(r"-# +(?=\S)")


@dataclass(frozen=True, slots=True)
class Names:
    """Names to show for mentions, by id. Unknown ids show as Discord's client shows them."""

    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)


NO_NAMES = Names()


def parse(content: str, names: Names = NO_NAMES) -> RichText:
    """The tree of a message's content."""
    return from_spans(_blocks(content, names, in_quote=False))


def _blocks(content: str, names: Names, *, in_quote: bool) -> list[Span]:
    """Goes line by line; code fences and styles reach over lines as long as no other block starts."""
    spans: list[Span] = []
    flow = Flow(content)
    position = 0
    while position < len(content):
        block = _block(content, position, names, in_quote=in_quote)
        if block is None:
            if match := _SUBTEXT.match(content, position):
                position = match.end()
            position = scan_inline(flow, position, names)
            continue
        spans += flow.take()
        found, position = block
        spans += found
        if position < len(content) and content[position] == "\n":
            flow.text("\n")
            position += 1
    return spans + flow.take()


def _block(content: str, position: int, names: Names, *, in_quote: bool) -> tuple[list[Span], int] | None:
    if not in_quote:
        if match := _QUOTE_REST.match(content, position):
            return _quote(content[match.end() :], names), len(content)
        if match := _QUOTE_LINES.match(content, position):
            return _quote(_QUOTE_MARK.sub("", match.group()), names), match.end()
    if match := _HEADING.match(content, position):
        inside = Flow(match[2].rstrip())
        scan_inline(inside, 0, names)
        return [replace(span, heading=str(len(match[1]))) for span in inside.take()], match.end()
    return None


def _quote(content: str, names: Names) -> list[Span]:
    return [replace(span, quote="") for span in _blocks(content, names, in_quote=True)]
