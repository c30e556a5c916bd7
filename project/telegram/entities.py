"""Telegram's text with entities <-> the neutral tree.

Entity offsets and lengths count UTF-16 code units (core.telegram.org/api/entities); Python counts code points. Entities
may overlap, nest or point outside the text: everything here is clamped, nothing raises.

What Telegram marks by itself in any text (URLs with a scheme, hashtags, commands, e-mail addresses, ...) is plain
text in the tree: the receiving side finds it again. A custom emoji becomes the ordinary emoji it stands on.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter

from msgspec.structs import replace
from telethon.tl import types

from project.core.message import RichText, Style
from project.core.richtext import (
    ASTRAL,
    LEAVES,
    MARKS,
    Span,
    from_spans,
    merged,
    text_node,
    to_spans,
    unstyled,
    utf16_len,
)

_MARK_OF = {
    types.MessageEntityBold: Style.BOLD,
    types.MessageEntityItalic: Style.ITALIC,
    types.MessageEntityUnderline: Style.UNDERLINE,
    types.MessageEntityStrike: Style.STRIKE,
    types.MessageEntitySpoiler: Style.SPOILER,
}
_ENTITY_OF = {style: entity for entity, style in _MARK_OF.items()}
_MENTION_LINK = re.compile(r"tg://user\?id=\d+", re.IGNORECASE)
_USERNAME = re.compile(r"@[A-Za-z][A-Za-z0-9_]{3,31}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
COLLAPSED = "collapsed"
JOINER = "\u2060"
"""WORD JOINER, invisible: after an "@" it keeps Telegram from pinging whoever owns that name."""


# Telegram finds names in any text by itself (core.telegram.org/api/mentions), but none within words and addresses.
_TYPED_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|[\w-]+(?:\.[\w-]+)+/)\S*|(?<!\w)@(?=[A-Za-z0-9_]{4})")


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    end: int
    style: Style
    value: str = ""


def from_telegram(text: str, entities: Iterable[object] | None) -> RichText:
    """The tree of a Telegram text. `entities` are `MessageEntity*` objects; unknown kinds are plain text."""
    entities = list(entities or ())
    if not entities:
        return text_node(text)
    index = _code_point_index(text)
    ranges = [found for entity in entities if (found := _range(text, entity, index)) is not None]
    leaves = _apart(item for item in ranges if item.style in LEAVES)
    styles = [*_apart(item for item in ranges if item.style is Style.LINK)]
    for style in {item.style for item in ranges}.intersection((Style.QUOTE, *MARKS)):
        styles += _joined(item for item in ranges if item.style is style)
    return from_spans(_spans(text, leaves, styles))


def to_telegram(nodes: RichText) -> tuple[str, list[types.TypeMessageEntity]]:
    """Text and entities (offsets and lengths in UTF-16 units) of a tree, sorted as Telegram sorts them.

    Headings become bold: Telegram has none. Code under a spoiler becomes plain hidden text: as code it would show. A
    name that is no mention pings nobody.
    """
    text = unstyled(nodes)
    if text is not None and "@" not in text:
        return text, []
    spans = [_as_sent(span) for span in merged(_without_pings(to_spans(nodes)))]
    places = _places(spans)
    entities: list[types.TypeMessageEntity] = []
    used = frozenset[Style]().union(*(span.marks for span in spans))
    for style in used:
        entities += _runs(spans, places, style)
    entities += _leaf_entities(spans, places)
    entities += _links(spans, places)
    entities += _quotes(spans, places)
    entities.sort(key=lambda entity: (entity.offset, -entity.length, type(entity).__name__))
    return "".join(span.text for span in spans), entities


def _without_pings(spans: Sequence[Span]) -> Sequence[Span]:
    """Names that were typed get a guard; Telegram's own come as mentions, and it looks for none in code."""
    text = "".join(span.text for span in spans)
    if "@" not in text:
        return spans
    names = [match.start() for match in _TYPED_NAME.finditer(text) if match.group() == "@"]
    return list(_guarded(spans, names)) if names else spans


def _guarded(spans: Sequence[Span], names: Sequence[int]) -> Iterator[Span]:
    start = 0
    for span in spans:
        end = start + len(span.text)
        inside = names[bisect_left(names, start) : bisect_left(names, end)]
        if inside and span.kind is Style.TEXT and not span.link:
            edges = [0, *(place + 1 - start for place in inside), len(span.text)]
            yield span.with_text(JOINER.join(span.text[first:last] for first, last in pairwise(edges)))
        else:
            yield span
        start = end


def _code_point_index(text: str) -> Callable[[int], int]:
    """Maps a UTF-16 offset to a code point index, clamped; an offset within a pair means the start of the pair."""
    astral = [] if text.isascii() else [match.start() for match in ASTRAL.finditer(text)]
    units = [position + number for number, position in enumerate(astral)]

    def index(offset: int) -> int:
        return max(0, min(len(text), offset - bisect_left(units, offset)))

    return index


def _range(text: str, entity: object, index: Callable[[int], int]) -> _Range | None:
    offset, length = getattr(entity, "offset", None), getattr(entity, "length", None)
    if not isinstance(offset, int) or not isinstance(length, int):
        return None
    start, end = index(offset), index(offset + max(0, length))
    if start >= end:
        return None
    style, value = _meaning(entity, text[start:end])
    return None if style is None else _Range(start, end, style, value)


def _meaning(entity: object, shown: str) -> tuple[Style | None, str]:
    match entity:
        case types.MessageEntityCode():
            return Style.CODE, ""
        case types.MessageEntityPre():
            return Style.PRE, entity.language or ""
        case types.MessageEntityBlockquote():
            return Style.QUOTE, COLLAPSED if entity.collapsed else ""
        case types.MessageEntityMention():
            return Style.MENTION, f"https://t.me/{shown[1:]}" if _USERNAME.fullmatch(shown) else ""
        case types.MessageEntityMentionName() | types.InputMessageEntityMentionName():
            return Style.MENTION, ""
        case types.MessageEntityTextUrl():
            return (Style.MENTION, "") if _MENTION_LINK.match(entity.url or "") else (Style.LINK, entity.url or "")
        case types.MessageEntityUrl():
            return (None, "") if _SCHEME.match(shown) else (Style.LINK, f"https://{shown}")
        case _:
            return _MARK_OF.get(type(entity)), ""


def _apart(ranges: Iterable[_Range]) -> list[_Range]:
    """In order, without overlaps: the first (then the longer) wins."""
    result: list[_Range] = []
    for item in sorted(ranges, key=lambda item: (item.start, -item.end)):
        if not result or item.start >= result[-1].end:
            result.append(item)
    return result


def _joined(ranges: Iterable[_Range]) -> list[_Range]:
    """In order, with overlapping ranges made one."""
    result: list[_Range] = []
    for item in sorted(ranges, key=lambda item: (item.start, -item.end)):
        if result and item.start < result[-1].end:
            result[-1] = _Range(result[-1].start, max(result[-1].end, item.end), item.style, result[-1].value)
        else:
            result.append(item)
    return result


def _spans(text: str, leaves: Sequence[_Range], styles: Sequence[_Range]) -> list[Span]:
    cuts = {0, len(text)}
    cuts.update(edge for item in (*leaves, *styles) for edge in (item.start, item.end))
    inner = _LeafAt(leaves)
    edges = sorted(edge for edge in cuts if not inner.strictly_within(edge))
    active = _Active(styles)
    result = []
    for start, end in pairwise(edges):
        leaf = inner.starting_at(start)
        span = Span(text[start:end]) if leaf is None else Span(text[start:end], leaf.style, leaf.value)
        result.append(active.dress(span, start))
    return result


class _LeafAt:
    """Finds leaves by position."""

    def __init__(self, leaves: Sequence[_Range]) -> None:
        self._by_start = {leaf.start: leaf for leaf in leaves}
        self._ends = [leaf.end for leaf in leaves]
        self._leaves = leaves

    def starting_at(self, position: int) -> _Range | None:
        return self._by_start.get(position)

    def strictly_within(self, position: int) -> bool:
        place = bisect_left(self._ends, position)
        return place < len(self._leaves) and self._leaves[place].start < position < self._leaves[place].end


class _Active:
    """Sweeps over ranges from left to right and tells which cover a position."""

    def __init__(self, ranges: Sequence[_Range]) -> None:
        self._coming = sorted(ranges, key=attrgetter("start", "end"), reverse=True)
        self._open: list[_Range] = []

    def dress(self, span: Span, position: int) -> Span:
        self._open = [item for item in self._open if item.end > position]
        while self._coming and self._coming[-1].start <= position:
            item = self._coming.pop()
            if item.end > position:
                self._open.append(item)
        for item in self._open:
            span = _dressed(span, item)
        return span


def _dressed(span: Span, item: _Range) -> Span:
    if item.style is Style.LINK:
        return replace(span, link=item.value)
    if item.style is Style.QUOTE:
        return replace(span, quote=item.value if span.quote is None else span.quote)
    return replace(span, marks=span.marks | {item.style})


def _as_sent(span: Span) -> Span:
    if span.heading:
        span = replace(span, heading="", marks=span.marks | {Style.BOLD} if span.kind is Style.TEXT else span.marks)
    if span.kind in {Style.CODE, Style.PRE} and Style.SPOILER in span.marks:
        return replace(span, kind=Style.TEXT, value="")
    if span.kind is Style.MENTION:
        return _harmless(span)
    return span


def _harmless(span: Span) -> Span:
    """Telegram pings the owner of any "@name" it sees: only a name that is Telegram's own stays one."""
    own = span.value.casefold() == f"https://t.me/{span.text[1:]}".casefold()
    if own or not span.value:
        text = span.text if own else span.text.replace("@", f"@{JOINER}")
        return replace(span, text=text, kind=Style.TEXT, value="")
    return replace(span, kind=Style.TEXT, value="", link=span.value)


def _places(spans: Sequence[Span]) -> list[int]:
    places = [0]
    for span in spans:
        places.append(places[-1] + utf16_len(span.text))
    return places


def _runs(spans: Sequence[Span], places: Sequence[int], style: Style) -> list[types.TypeMessageEntity]:
    result = []
    for matches, group in groupby(range(len(spans)), key=lambda number: style in spans[number].marks):
        run = list(group)
        if matches:
            start, end = places[run[0]], places[run[-1] + 1]
            result.append(_ENTITY_OF[style](start, end - start))
    return result


def _leaf_entities(spans: Sequence[Span], places: Sequence[int]) -> list[types.TypeMessageEntity]:
    result: list[types.TypeMessageEntity] = []
    for number, span in enumerate(spans):
        start, length = places[number], places[number + 1] - places[number]
        if span.kind is Style.CODE:
            result.append(types.MessageEntityCode(start, length))
        elif span.kind is Style.PRE:
            result.append(types.MessageEntityPre(start, length, span.value))
    return result


def _links(spans: Sequence[Span], places: Sequence[int]) -> list[types.TypeMessageEntity]:
    result = []
    for url, group in groupby(range(len(spans)), key=lambda number: spans[number].link):
        run = list(group)
        if url:
            start, end = places[run[0]], places[run[-1] + 1]
            result.append(types.MessageEntityTextUrl(start, end - start, url))
    return result


def _quotes(spans: Sequence[Span], places: Sequence[int]) -> list[types.TypeMessageEntity]:
    result = []
    for quote, group in groupby(range(len(spans)), key=lambda number: spans[number].quote):
        run = list(group)
        if quote is not None:
            start, end = places[run[0]], places[run[-1] + 1]
            result.append(
                types.MessageEntityBlockquote(start, end - start, collapsed=True if quote == COLLAPSED else None)
            )
    return result
