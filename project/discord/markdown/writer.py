"""Writes a tree as Discord markdown, escaped so that what people see is the tree's text, character for character."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

from project.core.message import Node, RichText, Style
from project.core.richtext import Span, from_merged, merged, to_spans
from project.discord.markdown.form import discord_form, tidy
from project.discord.markdown.syntax import (
    DELIMITER,
    DELIMITER_CHARS,
    GUARD,
    guard_ticks,
    has_guarded_ticks,
    url_end,
    urls,
)

# An "@everyone" pings nobody in any case (allowed_mentions); escaped, it is not even highlighted.
# "](" would let Discord's greedy link rule stretch an earlier link up to here.
# ":name:" would be drawn as an emoji, from posts of applications too.
_SPECIAL = re.compile(r"[\\*_~|`\[\]<]|(?<=\])\(|@(?=everyone|here)|:(?=//|[A-Za-z0-9_+-]+:)")
_LINE_START = re.compile(r"^([^\S\n]*)(?:(?=#{1,3}(?:\s|\Z)|>|[-+](?:\s|\Z|#))|(\d+)(?=\.(?:\s|\Z)))", re.MULTILINE)
# Whatever may match above or be a URL; most texts have none of it.
_ASKS_FOR_CARE = re.compile(
    r"[\\*_~|`\[\]<]|@(?=everyone|here)|:(?://|[A-Za-z0-9_+-]+:)|^\s*(?:[-+>]|#{1,3}(?:\s|\Z)|\d+\.)", re.MULTILINE
)
_BARE_BEFORE = re.compile(r"[.,:;\"')]*(?:\s|\Z)")
_BLANK = " \t*_~|[#>" + GUARD


def write(nodes: RichText) -> str:
    """Discord markdown of a tree. Of any length: splitting is the caller's part."""
    return _emitted(discord_form(nodes))


def emit(nodes: RichText) -> str:
    """Like `write`, for a piece of a tree that has been through `discord_form` already."""
    return emit_spans(merged(to_spans(nodes)))


def as_it_is(text: str) -> bool:
    """Whether Discord shows this text unchanged when it is sent unescaped."""
    return not _ASKS_FOR_CARE.search(text)


def emit_spans(spans: Sequence[Span]) -> str:
    """As `emit`, of canonical spans."""
    if len(spans) == 1 and spans[0].is_plain and as_it_is(spans[0].text):
        return spans[0].text
    return _emitted(from_merged(tidy(spans)))


def _emitted(nodes: RichText) -> str:
    writer = _Writer()
    writer.nodes(nodes, is_last=True)
    return writer.content()


class _Writer:
    """Collects the content and remembers what the next piece needs to know about its end."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._open: list[Style] = []
        self._last = ""  # the last character that is no guard
        self._guarded = False  # guards follow it
        self._opened: bool | None = None  # the last piece was a delimiter: an opening one?
        self._blank = True  # the line has only white space and delimiters so far

    def content(self) -> str:
        return "".join(self._pieces)

    def nodes(self, nodes: RichText, *, is_last: bool) -> None:
        for number, node in enumerate(nodes, start=1):
            self._node(node, is_last=is_last and number == len(nodes))

    def _node(self, node: Node, *, is_last: bool) -> None:
        match node.style:
            case Style.TEXT | Style.MENTION:
                self._text(node.text, is_last=is_last)
            case Style.CODE:
                self._code(node.text)
            case Style.PRE:
                self._block(node)
            case Style.LINK:
                self._put("[")
                self.nodes(node.children, is_last=False)
                self._put(f"](<{node.value}>)")
            case Style.QUOTE:
                self._put("> " + _emitted(node.children).replace("\n", "\n> "))
            case Style.HEADING:
                self._put("#" * int(node.value or "3") + " ")
                self.nodes(node.children, is_last=True)
            case _:
                self._styled(node)

    def _styled(self, node: Node) -> None:
        delimiter = DELIMITER[node.style]
        self._delimiter(delimiter, opening=True)
        self._open.append(node.style)
        self.nodes(node.children, is_last=False)
        self._open.pop()
        self._delimiter(delimiter, opening=False)

    def _delimiter(self, delimiter: str, *, opening: bool) -> None:
        nested = self._opened is opening
        if self._last in DELIMITER_CHARS and (self._guarded or not nested):
            self._put(GUARD)
        self._put(delimiter)
        self._opened = opening

    def _put(self, piece: str) -> None:
        self._pieces.append(piece)
        core = piece.rstrip(GUARD)
        if core:
            self._last = core[-1]
        self._guarded = len(core) < len(piece) or (self._guarded and not core)
        self._opened = None
        _, line_break, line = piece.rpartition("\n")
        self._blank = (self._blank or bool(line_break)) and not line.strip(_BLANK)

    def _text(self, text: str, *, is_last: bool) -> None:
        position = 0
        for start, end in _addresses(text):
            self._put(self._escaped(text[position:start]))
            after = _BARE_BEFORE.match(text, end)
            ends_leaf = after is None or not text[after.end() - 1].isspace()
            self._url(text[start:end], is_bare=after is not None and (is_last or not ends_leaf))
            position = end
        if position < len(text):
            self._put(self._escaped(text[position:]))

    def _url(self, url: str, *, is_bare: bool) -> None:
        """Discord looks for the end of a style even within URLs; such a URL is shown, but not clickable."""
        breaks_style = any(DELIMITER[style][0] in url for style in self._open)
        if breaks_style:
            self._put(_SPECIAL.sub(r"\\\g<0>", url))
        else:
            self._put(url if is_bare else f"<{url}>")

    def _escaped(self, text: str) -> str:
        text = _SPECIAL.sub(r"\\\g<0>", text)
        line, line_break, rest = text.partition("\n")
        if self._blank and (match := _LINE_START.match(line)):
            line = f"{match.group()}\\{line[match.end() :]}"
        return line + line_break + (_LINE_START.sub(r"\1\2\\", rest) if rest else "")

    def _code(self, code: str) -> None:
        lengths = {len(run) for run in re.findall("`+", code)}
        if lengths >= {1, 2} or has_guarded_ticks(code):
            code = guard_ticks(code)
            lengths = {1}
        fence = next("`" * length for length in count(1) if length not in lengths)
        start = " " if code.lstrip(" ").startswith("`") else ""
        end = " " if code.rstrip(" ").endswith("`") else ""
        self._delimiter(f"{fence}{start}{code}{end}{fence}", opening=True)
        self._opened = False

    def _block(self, node: Node) -> None:
        guarded = "```" in node.text or has_guarded_ticks(node.text)
        code = guard_ticks(node.text) if guarded else node.text
        self._delimiter(f"```{node.value}\n{code}\n```", opening=True)
        self._opened = False


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Discord takes a ">" into an address, Telegram ends it there, as in "<https://…>"."""
    for start, end in urls(text):
        mark = text.find(">", start, end)
        if mark < 0:
            yield start, end
        elif url_end(text[:mark], start) > start:
            yield start, url_end(text[:mark], start)
