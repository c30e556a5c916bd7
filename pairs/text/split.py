"""Cuts a tree into pieces that fit a limit, at the best border there is. Pure; loses no character."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby

from project.core.message import RichText, Style
from project.core.richtext import Span, from_spans, slice_spans, to_spans

Measure = Callable[[RichText], int]
_ZWJ = "\u200d"
_CLUSTER_LIMIT = 64
_FULL = 0.95  # a part this full is full enough


def split(nodes: RichText, *, first_limit: int, limit: int, measure: Measure) -> list[RichText]:
    """Pieces whose texts make up the text of `nodes`; `measure(piece)` is at most the limit for each.

    `measure` gives the sent length of a tree; it counts every visible character at least once. Styles go on in the
    next piece. Preferred borders: paragraph, line, word, character as people see it.
    """
    cutter = _Cutter(to_spans(nodes), measure)
    pieces: list[RichText] = []
    start = 0
    while start < len(cutter.text):
        stop = cutter.next_stop(start, limit if pieces else first_limit)
        pieces.append(cutter.piece(start, stop))
        start = stop
    return pieces


class _Cutter:
    def __init__(self, spans: Sequence[Span], measure: Measure) -> None:
        self.text = "".join(span.text for span in spans)
        self._spans = spans
        self._measure = measure
        self._ends = list(accumulate(len(span.text) for span in spans))
        self._whole = list(_whole_runs(spans))

    def piece(self, start: int, stop: int) -> RichText:
        first = bisect_right(self._ends, start)
        before = self._ends[first - 1] if first else 0
        return from_spans(
            slice_spans(self._spans[first : bisect_left(self._ends, stop) + 1], start - before, stop - before)
        )

    def next_stop(self, start: int, limit: int) -> int:
        end = min(len(self.text), start + limit)
        length = self._length(start, end)
        if length > limit:
            return self._fitting_border(start, self._furthest(start, end, length, limit), limit)
        return end if end == len(self.text) else self._fitting_border(start, end, limit)

    def _length(self, start: int, stop: int) -> int:
        return self._measure(self.piece(start, stop))

    def _furthest(self, start: int, too_far: int, length: int, limit: int) -> int:
        """About the longest piece that fits: guesses in proportion, since measuring is what costs."""
        fits, guess = start + 1, start + max(1, (too_far - start) * limit // length)
        while fits < too_far - 1:
            guess = min(max(guess, fits + 1), too_far - 1)
            length = self._length(start, guess)
            if limit * _FULL <= length <= limit:
                return guess
            fits, too_far = (guess, too_far) if length <= limit else (fits, guess)
            guess = (fits + too_far) // 2
        return fits

    def _fitting_border(self, start: int, end: int, limit: int) -> int:
        """A shorter piece is nearly never longer when sent; where it is, try shorter ones."""
        stop = self._border(start, end)
        while stop > start + 1 and self._length(start, stop) > limit:
            stop = self._border(start, start + max(1, (stop - start) * 3 // 4))
        return stop

    def _border(self, start: int, end: int) -> int:
        floor = start + (end - start) // 4
        stop = _text_border(self.text, start, end, floor)
        for first, last in self._whole:
            if floor < first < stop < last:
                return first
        return stop


def _whole_runs(spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Where links and inline code stand: these are better not cut."""
    position = 0
    for key, group in groupby(spans, key=lambda span: (span.link, span.kind is Style.CODE)):
        length = sum(len(span.text) for span in group)
        if any(key):
            yield position, position + length
        position += length


def _text_border(text: str, start: int, end: int, floor: int) -> int:
    for border in ("\n\n", "\n"):
        place = text.rfind(border, floor, end)
        if place >= 0:
            return place + len(border)
    for place in range(end, floor, -1):
        if text[place - 1].isspace() or text[place : place + 1].isspace():
            return place
    return _cluster_border(text, start, end)


def _cluster_border(text: str, start: int, end: int) -> int:
    """The last place where no character that people see as one is cut; `end` when there is none near."""
    for place in range(end, max(start, end - _CLUSTER_LIMIT), -1):
        if not is_within_cluster(text, place):
            return place
    halves = end < len(text) and text[end] in _LOW and text[end - 1] in _HIGH
    return end - 1 if halves and end - 1 > start else end


_HIGH = frozenset(map(chr, range(0xD800, 0xDC00)))
_LOW = frozenset(map(chr, range(0xDC00, 0xE000)))


def is_within_cluster(text: str, place: int) -> bool:
    """Whether people see the characters before and after `place` as one (accents, emoji sequences, flags, pairs)."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before == _ZWJ or after == _ZWJ or (before == "\r" and after == "\n") or (before in _HIGH and after in _LOW):
        return True
    if unicodedata.category(after) in {"Mn", "Mc", "Me"} or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f":
        return True
    return _is_flag_letter(after) and _flag_letters_before(text, place) % 2 == 1


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_letters_before(text: str, place: int) -> int:
    found = 0
    while found < place and _is_flag_letter(text[place - 1 - found]):
        found += 1
    return found
