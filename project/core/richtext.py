"""Pure helpers for the text tree: a flat form (spans), normalising, slicing and UTF-16 lengths.

A tree is easy to write out; a flat list of styled spans is easy to build, cut and compare. `to_spans` and `from_spans`
translate between the two, and `normalise` is one after the other: equal looking trees become equal trees. Whoever does
several steps keeps to spans in between (`merged` brings them into canonical form) and makes one tree in the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from project.core.message import Node, RichText, Style

LEAVES = frozenset({Style.TEXT, Style.CODE, Style.PRE, Style.MENTION})
MARKS = (Style.SPOILER, Style.BOLD, Style.ITALIC, Style.UNDERLINE, Style.STRIKE)
"""Inline styles, outermost first where two cover the same text."""


class Span(msgspec.Struct, frozen=True, gc=False):
    """A stretch of text that looks the same throughout. A struct, since a message makes dozens of them.

    `kind` is one of the leaf styles and `value` its value; `link` is a URL or ""; `quote` is None outside a quote,
    else the quote's value; `heading` is "" or "1".."3".
    """

    text: str
    kind: Style = Style.TEXT
    value: str = ""
    marks: frozenset[Style] = frozenset()
    link: str = ""
    quote: str | None = None
    heading: str = ""

    def with_text(self, text: str) -> Span:
        """Other text that looks the same."""
        return Span(text, self.kind, self.value, self.marks, self.link, self.quote, self.heading)

    @property
    def is_plain(self) -> bool:
        """Whether it is text without any style."""
        unstyled = not self.marks and not self.link and not self.heading and self.quote is None
        return unstyled and self.kind is Style.TEXT

    def goes_on_as(self, other: Span) -> bool:
        """Whether `other`, right after this, is more of the same. Blocks of code and mentions stay apart."""
        return (
            self.kind is other.kind
            and self.kind is not Style.PRE
            and self.kind is not Style.MENTION
            and self.marks == other.marks
            and self.link == other.link
            and self.quote == other.quote
            and self.heading == other.heading
            and self.value == other.value
        )


ASTRAL = re.compile("[\U00010000-\U0010ffff]")
"""A character of two UTF-16 code units."""


def text_node(text: str) -> RichText:
    """A tree of unstyled text."""
    return (Node(Style.TEXT, text),) if text else ()


def unstyled(nodes: RichText) -> str | None:
    """The whole text where nothing is styled, as nearly always; else None."""
    return "".join([node.text for node in nodes]) if all(node.style is Style.TEXT for node in nodes) else None


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units, as Telegram and Discord's client count."""
    return len(text) if text.isascii() else len(text) + len(ASTRAL.findall(text))


def normalise(nodes: RichText) -> RichText:
    """The canonical tree with the same look: merged neighbours, no empty nodes, a fixed order of nesting."""
    return from_spans(to_spans(nodes))


def to_spans(nodes: RichText) -> list[Span]:
    """The leaves of a tree in order, each with every style that covers it."""
    found: list[Span] = []
    _collect(nodes, _PLAIN, found)
    return found


def merged(spans: Iterable[Span]) -> list[Span]:
    """The canonical spans with the same look, those of the canonical tree: no empty ones, neighbours made one."""
    runs: list[list[Span]] = []
    for span in spans:
        if span.text:
            settled = span if span.kind is Style.TEXT and not span.value else _settled(span)
            if runs and runs[-1][0].goes_on_as(settled):
                runs[-1].append(settled)
            else:
                runs.append([settled])
    return [run[0] if len(run) == 1 else run[0].with_text("".join(span.text for span in run)) for run in runs]


def from_spans(spans: Iterable[Span]) -> RichText:
    """The canonical tree of a list of spans."""
    return from_merged(merged(spans))


def from_merged(spans: Iterable[Span]) -> RichText:
    """As `from_spans`, of spans that are canonical already."""
    result: list[Node] = []
    for quote, group in groupby(spans, key=attrgetter("quote")):
        body = _headings(list(group))
        result += body if quote is None else [Node(Style.QUOTE, value=quote, children=body)]
    return tuple(result)


def slice_spans(spans: Sequence[Span], start: int, stop: int) -> list[Span]:
    """The spans that show the characters start..stop (code points) of the text."""
    result = []
    position = 0
    for span in spans:
        end = position + len(span.text)
        if end > start and position < stop:
            result.append(span.with_text(span.text[max(0, start - position) : stop - position]))
        position = end
        if position >= stop:
            break
    return result


_PLAIN = Span("")


def _collect(nodes: RichText, outer: Span, found: list[Span]) -> None:
    for node in nodes:
        if node.style in LEAVES:
            found.append(Span(node.text, node.style, node.value, outer.marks, outer.link, outer.quote, outer.heading))
        else:
            _collect(node.children, _inside(node, outer), found)


def _inside(node: Node, outer: Span) -> Span:
    match node.style:
        case Style.LINK:
            return replace(outer, link=node.value or outer.link)
        case Style.QUOTE:
            return replace(outer, quote=node.value if outer.quote is None else outer.quote)
        case Style.HEADING:
            return replace(outer, heading=node.value if node.value in {"1", "2", "3"} else "3")
        case _:
            return replace(outer, marks=outer.marks | {node.style})


def _settled(span: Span) -> Span:
    """Code keeps no other style than a spoiler (Telegram allows none within code), and gives way to a link."""
    if span.kind is Style.TEXT:
        return span if not span.value else replace(span, value="")
    if span.link:
        return replace(span, kind=Style.TEXT, value="")
    if span.kind is Style.MENTION:
        return span
    return replace(
        span,
        marks=span.marks & {Style.SPOILER},
        value=span.value if span.kind is Style.PRE else "",
        heading="" if span.kind is Style.PRE else span.heading,
    )


def _headings(spans: list[Span]) -> RichText:
    result: list[Node] = []
    for heading, group in groupby(spans, key=attrgetter("heading")):
        body = _inline(list(group), frozenset())
        result += [Node(Style.HEADING, value=heading, children=body)] if heading else body
    return tuple(result)


def _inline(spans: Sequence[Span], applied: frozenset[Style]) -> RichText:
    """Nests styles so that the one that reaches furthest is outermost."""
    result: list[Node] = []
    start = 0
    while start < len(spans):
        span = spans[start]
        style, end = _furthest(spans, start, applied) if span.marks or span.link else (None, start + 1)
        if style is None:
            result.append(Node(span.kind, span.text, span.value))
        else:
            value = span.link if style is Style.LINK else ""
            result.append(Node(style, value=value, children=_inline(spans[start:end], applied | {style})))
        start = end
    return tuple(result)


def _furthest(spans: Sequence[Span], start: int, applied: frozenset[Style]) -> tuple[Style | None, int]:
    best: tuple[Style | None, int] = (None, start + 1)
    for style in _NESTED:
        if style in applied or not _has(spans[start], style):
            continue
        end = _extent(spans, start, style)
        if best[0] is None or end > best[1]:
            best = (style, end)
    return best


def _extent(spans: Sequence[Span], start: int, style: Style) -> int:
    link = spans[start].link if style is Style.LINK else ""
    end = start + 1
    while end < len(spans) and (spans[end].link == link if link else style in spans[end].marks):
        end += 1
    return end


def _has(span: Span, style: Style) -> bool:
    return bool(span.link) if style is Style.LINK else style in span.marks


_NESTED = (Style.LINK, *MARKS)
