"""Pure helpers for the text tree: a flat form (spans), normalising, slicing and UTF-16 lengths.

A tree is easy to write out; a flat list of styled spans is easy to build, cut and compare. `to_spans` and `from_spans`
translate between the two, and `normalise` is one after the other: equal looking trees become equal trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from project.core.message import Node, RichText, Style

LEAVES = frozenset({Style.TEXT, Style.CODE, Style.PRE, Style.MENTION})
MARKS = (Style.SPOILER, Style.BOLD, Style.ITALIC, Style.UNDERLINE, Style.STRIKE)
"""Inline styles, outermost first where two cover the same text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that looks the same throughout.

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

    def look(self) -> tuple[object, ...]:
        """Everything but the text."""
        return (self.kind, self.value, self.marks, self.link, self.quote, self.heading)


def text_node(text: str) -> RichText:
    """A tree of unstyled text."""
    return (Node(Style.TEXT, text),) if text else ()


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units, as Telegram and Discord's client count."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def normalise(nodes: RichText) -> RichText:
    """The canonical tree with the same look: merged neighbours, no empty nodes, a fixed order of nesting."""
    return from_spans(to_spans(nodes))


def to_spans(nodes: RichText) -> list[Span]:
    """The leaves of a tree in order, each with every style that covers it."""
    return list(_walk(nodes, Span("")))


def from_spans(spans: Iterable[Span]) -> RichText:
    """The canonical tree of a list of spans."""
    result: list[Node] = []
    for quote, group in groupby(_merged(spans), key=lambda span: span.quote):
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


def _walk(nodes: RichText, outer: Span) -> Iterator[Span]:
    for node in nodes:
        if node.style in LEAVES:
            yield Span(node.text, node.style, node.value, outer.marks, outer.link, outer.quote, outer.heading)
        else:
            yield from _walk(node.children, _inside(node, outer))


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


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    settled = (_settled(span) for span in spans if span.text)
    for _, group in groupby(enumerate(settled), key=_merge_key):
        same = [span for _, span in group]
        yield same[0] if len(same) == 1 else same[0].with_text("".join(span.text for span in same))


def _merge_key(item: tuple[int, Span]) -> tuple[int, tuple[object, ...]]:
    """Blocks of code and mentions stay apart; other neighbours that look the same are one."""
    index, span = item
    apart = span.kind in {Style.PRE, Style.MENTION}
    return index if apart else -1, span.look()


def _headings(spans: list[Span]) -> RichText:
    result: list[Node] = []
    for heading, group in groupby(spans, key=lambda span: span.heading):
        body = _inline(list(group), frozenset())
        result += [Node(Style.HEADING, value=heading, children=body)] if heading else body
    return tuple(result)


def _inline(spans: Sequence[Span], applied: frozenset[Style]) -> RichText:
    """Nests styles so that the one that reaches furthest is outermost."""
    result: list[Node] = []
    start = 0
    while start < len(spans):
        style, end = _furthest(spans, start, applied)
        if style is None:
            span = spans[start]
            result.append(Node(span.kind, span.text, span.value))
        else:
            value = spans[start].link if style is Style.LINK else ""
            result.append(Node(style, value=value, children=_inline(spans[start:end], applied | {style})))
        start = end
    return tuple(result)


def _furthest(spans: Sequence[Span], start: int, applied: frozenset[Style]) -> tuple[Style | None, int]:
    best: tuple[Style | None, int] = (None, start + 1)
    for style in (Style.LINK, *MARKS):
        if style in applied or not _has(spans[start], style):
            continue
        end = _extent(spans, start, style)
        if best[0] is None or end > best[1]:
            best = (style, end)
    return best


def _extent(spans: Sequence[Span], start: int, style: Style) -> int:
    same: Callable[[Span], bool] = (
        (lambda span: span.link == spans[start].link) if style is Style.LINK else (lambda span: style in span.marks)
    )
    end = start + 1
    while end < len(spans) and same(spans[end]):
        end += 1
    return end


def _has(span: Span, style: Style) -> bool:
    return bool(span.link) if style is Style.LINK else style in span.marks
