"""Pairs delimiters (`**`, `*`, `_`, `__`, `~~`, `||`) in one pass over a line of tokens, in linear time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from msgspec.structs import replace

from project.core.message import Style
from project.core.richtext import MARKS, Span

_STYLES = {
    ("*", 1): Style.ITALIC,
    ("_", 1): Style.ITALIC,
    ("*", 2): Style.BOLD,
    ("_", 2): Style.UNDERLINE,
    ("~", 2): Style.STRIKE,
    ("|", 2): Style.SPOILER,
}
_USES = {1: (1,), 2: (2,), 3: (2, 1)}


@dataclass(slots=True)
class Delimiter:
    """A run of one delimiter character; `count` is what is left of it while pairing."""

    char: str
    count: int
    can_open: bool
    can_close: bool


Token = Span | Delimiter


def resolve(tokens: Sequence[Token]) -> list[Span]:
    """Styled spans of the tokens. A delimiter without a partner stays visible."""
    pairing = _Pairing(tokens)
    covered = {style: list(accumulate(pairing.changes(style))) for style in MARKS if pairing.used(style)}
    result = []
    for number, token in enumerate(tokens):
        span = token if isinstance(token, Span) else Span(token.char * token.count)
        marks = [style for style, depth in covered.items() if depth[number]]
        result.append(replace(span, marks=span.marks.union(marks)) if marks else span)
    return result


class _Pairing:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._openers: list[int] = []
        self._waiting: Counter[tuple[str, int]] = Counter()  # how many openers could still give (char, length)
        self._pairs: list[tuple[Style, int, int]] = []
        for number, token in enumerate(tokens):
            if isinstance(token, Delimiter):
                self._meet(number, token)

    def used(self, style: Style) -> bool:
        return any(found is style for found, _, _ in self._pairs)

    def changes(self, style: Style) -> list[int]:
        """+1 where the style begins, -1 where it ends, by token."""
        result = [0] * (len(self._tokens) + 1)
        for found, start, end in self._pairs:
            if found is style:
                result[start + 1] += 1
                result[end] -= 1
        return result

    def _meet(self, number: int, token: Delimiter) -> None:
        while token.can_close and token.count and self._close(number, token):
            pass
        if token.can_open and token.count:
            self._openers.append(number)
            self._expect(token, 1)

    def _close(self, number: int, token: Delimiter) -> bool:
        """Pairs with the nearest opener that has what this run needs; whatever opened after it stays visible."""
        lengths = [length for length in _USES[token.count] if self._waiting[token.char, length]]
        if not lengths or self._openers[-1] == number - 1:
            return False
        while True:
            opener = self._opener(self._openers[-1])
            length = next((use for use in lengths if opener.char == token.char and use in _USES[opener.count]), 0)
            if length:
                break
            self._drop()
        self._pairs.append((_STYLES[token.char, length], self._openers[-1], number))
        self._expect(opener, -1)
        opener.count -= length
        token.count -= length
        if opener.count:
            self._expect(opener, 1)
        else:
            self._openers.pop()
        return True

    def _drop(self) -> None:
        self._expect(self._opener(self._openers.pop()), -1)

    def _opener(self, number: int) -> Delimiter:
        token = self._tokens[number]
        if not isinstance(token, Delimiter):
            raise TypeError("only delimiters open a style")
        return token

    def _expect(self, token: Delimiter, change: int) -> None:
        for length in _USES[token.count]:
            self._waiting[token.char, length] += change
