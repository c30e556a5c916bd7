"""What of a tree Discord can show: the tree that `parse(write(tree))` gives back.

Links that Discord would not render, or that hide where they lead, show their URL; blocks stand on lines of their own;
styles neither begin nor end with white space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from urllib.parse import unquote

from msgspec.structs import replace

from project.core.message import RichText, Style
from project.core.richtext import Span, from_merged, merged, to_spans
from project.discord.markdown.syntax import SPACE, SPACES, is_space

MAX_URL = 1000
_WEB = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://")
_UNSAFE_IN_URL = re.compile(rf"{SPACE}|[<>()\[\]\\`|*\"]|(?<=_)_|(?<=~)~|[\x00-\x1f\x7f]|[\ud800-\udfff]")
_LIKE_URL = re.compile(r"[a-z][a-z0-9+.-]*:/?/|www\.|(?:[^\s./@]+\.)+[a-z]{2,}(?:[/?#:]\S*)?$")
_FLAT_BRACKETS = re.compile(r"(?:[^\[\]]|\[[^\[\]]*\])*+")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+\-.#]*")


def discord_form(nodes: RichText) -> RichText:
    """The nearest tree that Discord can show, in canonical form. Idempotent; shows all of the text of `nodes`."""
    return from_merged(form_spans(to_spans(nodes)))


def form_spans(spans: Iterable[Span]) -> list[Span]:
    """As `discord_form`, in canonical spans."""
    found = merged(spans)
    if any(span.kind is Style.MENTION for span in found):
        found = merged(map(_mention_as_link, found))
    if all(span.is_plain for span in found):
        return found
    if not all(map(_is_tidy, found)):
        found = _headings_fit(_separate_edges(found))
    return tidy(merged(_open_links(map(_hidden_code, found))))


def tidy(spans: Sequence[Span]) -> list[Span]:
    """Canonical spans with white space outside of styles, and blocks on lines of their own; links stay as they are."""
    if all(map(_is_tidy, spans)):
        return list(spans)
    found = _headings_fit(_separate_edges(spans))
    for style in _styles_of(filter(_is_blank, found)):
        found = _trimmed(_trimmed(found, style)[::-1], style)[::-1]
    return merged(_on_own_lines(_joined_quotes(merged(found))))


def _is_tidy(span: Span) -> bool:
    """Whether there is nothing to mend wherever it stands: no block, and no styled white space at an edge."""
    if span.quote is not None or span.heading:
        return False
    styled = bool(span.marks or span.link) and span.kind is Style.TEXT
    return not styled or not (is_space(span.text[0]) or is_space(span.text[-1]))


def _styles_of(spans: Iterable[Span]) -> set[Style]:
    found: set[Style] = set()
    for span in spans:
        found |= span.marks
        if span.link:
            found.add(Style.LINK)
    return found


def _mention_as_link(span: Span) -> Span:
    if span.kind is not Style.MENTION:
        return span
    return replace(span, kind=Style.TEXT, value="", link=span.link or span.value)


def _hidden_code(span: Span) -> Span:
    """Discord looks for the end of a spoiler even within code."""
    if span.kind is Style.PRE and not _LANGUAGE.fullmatch(span.value):
        span = replace(span, value="")
    if span.kind in {Style.CODE, Style.PRE} and Style.SPOILER in span.marks and "|" in span.text:
        return replace(span, kind=Style.TEXT, value="")
    return span


def _open_links(spans: Iterable[Span]) -> Iterator[Span]:
    for (url, *_), group in groupby(spans, key=attrgetter("link", "quote", "heading")):
        parts = list(group)
        if not url:
            yield from parts
            continue
        first, last = _filled(parts) or (0, len(parts))
        yield from (replace(span, link="") for span in parts[:first])
        yield from _link(parts[first:last], url)
        yield from (replace(span, link="") for span in parts[last:])


def _filled(spans: Sequence[Span]) -> tuple[int, int] | None:
    """Where the spans are without the white space at both ends."""
    filled = [number for number, span in enumerate(spans) if not _is_blank(span)]
    return (filled[0], filled[-1] + 1) if filled else None


def _link(spans: list[Span], url: str) -> Iterator[Span]:
    """A masked link where that is honest and possible; else the text, followed by the URL unless it is the text."""
    shown = "".join(span.text for span in spans)
    safe = safe_url(url)
    if safe and _maskable(shown, safe):
        yield from (replace(span, link=safe) for span in spans)
        return
    yield from (replace(span, link="") for span in spans)
    if not _is_same_address(shown, url):
        last = spans[-1]
        yield replace(last, text=f" ({url})", kind=Style.TEXT, value="", link="", marks=last.marks)


def safe_url(url: str) -> str:
    """The URL with all that could end a masked link or a style early percent-encoded; "" when no web address."""
    if not _WEB.match(url):
        return ""
    scheme, _, rest = url.partition("://")
    return f"{scheme.lower()}://" + _UNSAFE_IN_URL.sub(lambda match: _percent(match.group()), rest)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def _maskable(shown: str, url: str) -> bool:
    plain = _without_formats(shown).strip().casefold()
    if not plain or len(url) > MAX_URL or "\n" in shown or not _FLAT_BRACKETS.fullmatch(shown):
        return False
    return not _LIKE_URL.search(plain) or ("://" not in plain and _is_same_address(shown, url))


def _is_same_address(shown: str, url: str) -> bool:
    """Whether the text itself tells where the link leads: but for the scheme, escapes and a last slash."""
    return _address(shown) == _address(url)


def _address(text: str) -> str:
    plain = unquote(_without_formats(text)).strip().casefold()
    return _SCHEME.sub("", plain).rstrip("/")


def _without_formats(text: str) -> str:
    """In its plainest characters, without those that nobody sees."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")


def _separate_edges(spans: Iterable[Span]) -> list[Span]:
    """White space at the edges of a text becomes spans of its own."""
    found: list[Span] = []
    for span in spans:
        if span.kind is Style.TEXT and (is_space(span.text[0]) or is_space(span.text[-1])):
            found += [span.with_text(text) for text in _edges(span.text) if text]
        else:
            found.append(span)
    return found


def _edges(text: str) -> tuple[str, str, str]:
    """White space before a text, the text, white space after it."""
    rest = text.lstrip(SPACES)
    middle = rest.rstrip(SPACES)
    return text[: len(text) - len(rest)], middle, rest[len(middle) :]


def _trimmed(spans: Sequence[Span], style: Style) -> list[Span]:
    """Takes a style from the white space where it begins, reading from the left."""
    result: list[Span] = []
    for span in spans:
        if _is_blank(span) and not (result and _continues(result[-1], span, style)):
            span = replace(span, link="") if style is Style.LINK else replace(span, marks=span.marks - {style})
        result.append(span)
    return result


def _is_blank(span: Span) -> bool:
    return span.kind is Style.TEXT and not span.text.replace("\ufeff", " ").strip()


def _continues(before: Span, span: Span, style: Style) -> bool:
    if (before.quote, before.heading) != (span.quote, span.heading):
        return False
    if style is Style.LINK:
        return before.link == span.link
    return style in before.marks


def _headings_fit(spans: list[Span]) -> list[Span]:
    """A heading is one line without white space around it."""
    if not any(span.heading for span in spans):
        return spans
    result: list[Span] = []
    for (heading, _), group in groupby(_lines(spans), key=lambda span: (span.heading, span.quote)):
        run = list(group)
        first, last = (_filled(run) or (0, 0)) if heading else (0, len(run))
        result += run[first:last]
    return result


def _lines(spans: Iterable[Span]) -> Iterator[Span]:
    """Line breaks end headings."""
    for span in spans:
        if not span.heading or "\n" not in span.text:
            yield span
        elif span.kind is not Style.TEXT:
            yield replace(span, heading="")
        else:
            for piece in re.split(r"(\n)", span.text):
                yield replace(span, text=piece, heading="" if piece == "\n" else span.heading)


def _joined_quotes(spans: Sequence[Span]) -> list[Span]:
    """Quotes on neighbouring lines are one; line breaks at the edges of a quote are outside of it."""
    if all(span.quote is None for span in spans):
        return list(spans)
    result = [replace(span, quote="") if span.quote else span for span in spans]
    result = [part for span in result for part in _newlines_apart(span)]
    result = _without_edge_breaks(_without_edge_breaks(result)[::-1])[::-1]
    for number in range(1, len(result) - 1):
        before, span, after = result[number - 1 : number + 2]
        if span == Span("\n") and before.quote is not None and after.quote is not None:
            result[number] = replace(span, quote="")
    return result


def _newlines_apart(span: Span) -> Iterator[Span]:
    if span.kind is not Style.TEXT or "\n" not in span.text or span.heading:
        yield span
        return
    yield from (span.with_text(piece) for piece in re.split(r"(\n)", span.text) if piece)


def _without_edge_breaks(spans: Sequence[Span]) -> list[Span]:
    result: list[Span] = []
    for span in spans:
        edge = not result or result[-1].quote is None
        if span.quote is not None and edge and span.kind is Style.TEXT and span.text == "\n":
            span = replace(span, quote=None, marks=frozenset(), link="")
        result.append(span)
    return result


def _on_own_lines(spans: Sequence[Span]) -> Iterator[Span]:
    before: Span | None = None
    for span in spans:
        if before is not None and _break_missing(before, span):
            yield Span("\n", quote=span.quote if span.quote == before.quote else None)
        yield span
        before = span


def _break_missing(before: Span, span: Span) -> bool:
    """Whether a block ends or starts here with no line break to say so."""
    other_quote, other_heading = before.quote != span.quote, before.heading != span.heading
    other = other_quote or other_heading
    ends = (other and bool(before.heading)) or (other_quote and before.quote is not None)
    starts = (other and bool(span.heading)) or (other_quote and span.quote is not None)
    if ends and starts:
        return True
    if ends:
        return not (span.kind is Style.TEXT and span.text.startswith("\n"))
    return starts and not (before.kind is Style.TEXT and before.text.endswith("\n"))
