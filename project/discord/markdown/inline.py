"""Reads the inline part of Discord markdown: everything between the starts of two lines, and code that spans lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from project.core.message import Style
from project.core.richtext import Span
from project.discord.markdown.emphasis import Delimiter, Token, resolve
from project.discord.markdown.syntax import DELIMITER_CHARS, GUARD, is_space, unguard_ticks, url_end, urls

if TYPE_CHECKING:
    from project.discord.markdown.parser import Names

_SPECIAL = re.compile(rf"https?://|[\\`\[<*_~|\n{GUARD}]")
_LANGUAGE = re.compile(r"([A-Za-z0-9_+\-.#]*)\n")
_LINK = re.compile(
    r"\[((?>(?:\\.|[^\[\]\\]|\[(?:\\.|[^\[\]\\])*+\]|\\)+))\]"
    r"\((?:<(https?://[^\s<>]+)>|(https?://[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*))(?:\s+\"[^\"\n]*\")?\)",
    re.DOTALL,
)
_ANGLE = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})|a?:(?P<emoji>\w{1,64}):\d{1,20}"
    r"|t:(?P<time>-?\d{1,13})(?::(?P<style>[A-Za-z]))?|/(?P<command>[^\s<>:][^<>:\n]{0,100}):\d{1,20}"
    r"|id:(?P<place>customize|browse|guide|linked-roles)|(?P<url>https?://[^\s<>]+))>"
)
_TIME_FORMAT = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%Y-%m-%d", "D": "%Y-%m-%d", "S": "%Y-%m-%d %H:%M:%S"}
"""All other styles, those of later years too, are shown as date, hours and minutes."""


class Flow:
    """Tokens of a stretch of inline text, and what is known about the whole content."""

    def __init__(self, content: str, *, in_link: bool = False) -> None:
        self.content = content
        self.in_link = in_link
        self.tokens: list[Token] = []
        self.ticks = _tick_runs(content)
        self.pending: set[str] = set()

    def text(self, text: str) -> None:
        if text:
            self.tokens.append(Span(text))

    def take(self) -> list[Span]:
        """The styled spans read so far; starts anew."""
        spans = resolve(self.tokens)
        self.tokens, self.pending = [], set()
        return spans


def scan_inline(flow: Flow, position: int, names: Names) -> int:
    """Reads up to and including the next line break that is not within code; returns where it stopped."""
    content = flow.content
    while match := _SPECIAL.search(content, position):
        flow.text(content[position : match.start()])
        position = match.start()
        if content[position] == "\n":
            flow.text("\n")
            return position + 1
        position = _READERS.get(content[position], _url)(flow, position, names)
    flow.text(content[position:])
    return len(content)


def _tick_runs(content: str) -> dict[int, list[int]]:
    runs: dict[int, list[int]] = defaultdict(list)
    for match in re.finditer("`+", content):
        runs[match.end() - match.start()].append(match.start())
    return runs


def _literal(flow: Flow, position: int) -> int:
    flow.text(flow.content[position])
    return position + 1


def _escape(flow: Flow, position: int, names: Names) -> int:
    """A backslash before anything but an ASCII letter, digit or white space shows that character as it is."""
    char = flow.content[position + 1 : position + 2]
    if not char or (char.isascii() and char.isalnum()) or is_space(char):
        return _literal(flow, position)
    flow.text(char)
    return position + 2


def _ticks(flow: Flow, position: int, names: Names) -> int:
    return _fence(flow, position) or _code(flow, position)


def _fence(flow: Flow, position: int) -> int:
    content = flow.content
    if not content.startswith("```", position):
        return 0
    end = content.find("```", position + 4)
    if end < 0:
        return 0
    start = position + 3
    language = ""
    if match := _LANGUAGE.match(content, start, end):
        language, start = match[1], match.end()
    code = content[start:end].removesuffix("\n")
    if not code:
        return 0
    flow.tokens.append(Span(unguard_ticks(code), Style.PRE, language))
    return end + 3


def _code(flow: Flow, position: int) -> int:
    content = flow.content
    start = position
    while start < len(content) and content[start] == "`":
        start += 1
    length = start - position
    starts = flow.ticks.get(length, [])
    place = bisect_left(starts, start + 1)
    if place == len(starts):
        flow.text("`" * length)
        return start
    code = content[start : starts[place]]
    if code.lstrip(" ").startswith("`"):
        code = code.removeprefix(" ")
    if code.rstrip(" ").endswith("`"):
        code = code.removesuffix(" ")
    flow.tokens.append(Span(unguard_ticks(code), Style.CODE))
    return starts[place] + length


def _masked_link(flow: Flow, position: int, names: Names) -> int:
    match = None if flow.in_link else _LINK.match(flow.content, position)
    if match is None or next(urls(match[1]), None) is not None:
        return _literal(flow, position)
    inside = Flow(match[1], in_link=True)
    place = 0
    while place < len(match[1]):
        place = scan_inline(inside, place, names)
    flow.tokens += [replace(span, link=match[2] or match[3]) for span in inside.take()]
    return match.end()


def _angle(flow: Flow, position: int, names: Names) -> int:
    match = _ANGLE.match(flow.content, position)
    if match is None:
        return _literal(flow, position)
    found = match.groupdict()
    if found["user"]:
        flow.tokens.append(_mention("@", names.users.get(int(found["user"]), "unknown-user")))
    elif found["role"]:
        flow.tokens.append(_mention("@", names.roles.get(int(found["role"]), "unknown-role")))
    elif found["channel"]:
        flow.tokens.append(_mention("#", names.channels.get(int(found["channel"]), "unknown")))
    elif found["place"]:
        flow.tokens.append(_mention("#", found["place"]))
    elif found["emoji"]:
        flow.text(f":{found['emoji']}:")
    elif found["command"]:
        flow.text(f"/{found['command']}")
    else:
        flow.text(found["url"] or _moment(int(found["time"]), found["style"] or "f") or match.group())
    return match.end()


def _mention(sign: str, name: str) -> Span:
    return Span(sign + name, Style.MENTION)


def _moment(seconds: int, style: str) -> str:
    """Discord shows each reader's own time; in plain text it is UTC. "" when out of range."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    shown = moment.strftime(_TIME_FORMAT.get(style, "%Y-%m-%d %H:%M"))
    return shown if style in "dD" else f"{shown} UTC"


def _url(flow: Flow, position: int, names: Names) -> int:
    """A URL is not searched for markup, but ends where a style that began before it ends."""
    content = flow.content
    end = url_end(content, position)
    if end == position:
        return _literal(flow, position)
    url = content[position:end]
    for delimiter in flow.pending:
        place = url.find(delimiter)
        if place >= 0 and (delimiter != "_" or place == len(url) - 1):
            url = url[:place]
    flow.text(url)
    return position + len(url)


def _delimiter(flow: Flow, position: int, names: Names) -> int:
    content = flow.content
    char = content[position]
    end = position
    while end < len(content) and content[end] == char:
        end += 1
    length = end - position
    if length > 3 or (char in "~|" and length != 2):
        if char in "~|" and length == 4:
            _add(flow, position, position + 2)
            _add(flow, position + 2, end)
        else:
            flow.text(content[position:end])
        return end
    _add(flow, position, end)
    return end


def _add(flow: Flow, start: int, end: int) -> None:
    content, char, length = flow.content, flow.content[start], end - start
    before, after = content[start - 1 : start] or " ", content[end : end + 1] or " "
    can_open = can_close = True
    if length != 2:
        can_open, can_close = not is_space(after), not is_space(before)
    if char == "_" and length != 2:
        can_open, can_close = can_open and not before.isalnum(), can_close and not after.isalnum()
    flow.tokens.append(Delimiter(char, length, can_open, can_close))
    flow.pending ^= {char * 2, char} if length == 3 else {char * length}


def _guards(flow: Flow, position: int, names: Names) -> int:
    """One guard between two delimiters is the writer's."""
    content = flow.content
    end = position
    while end < len(content) and content[end] == GUARD:
        end += 1
    between = content[position - 1 : position] in DELIMITER_CHARS and content[end : end + 1] in DELIMITER_CHARS
    flow.text(GUARD * (end - position - between))
    return end


_Reader = Callable[[Flow, int, "Names"], int]
_READERS: dict[str, _Reader] = {
    "\\": _escape,
    "`": _ticks,
    "[": _masked_link,
    "<": _angle,
    GUARD: _guards,
    **dict.fromkeys("*_~|", _delimiter),
}
