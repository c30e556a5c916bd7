"""Texts whose every few words carry a mark, so that whatever stands somewhere says which message, in which version,
it shows, and what of it is missing. Pure; nothing here knows how the program renders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from project.sandbox.telegram.messages import Entity
from project.sandbox.telegram.text import units

_MARK = re.compile(r"n(\d+)r(\d+)w(\d+)e")
_INVISIBLE = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_FILLERS = (
    *("ferry", "timetable", "the", "of", "Überfahrt", "паром", "渡轮时刻表", "e\u0301tat", "👍🏽", "🇩🇪"),
    *("(see", "below)", "a_b_c", "1.", "https://x.example/a?b=1&c=2", "<https://x.example/a>", "@everyone", "#news"),
    *("**", "__", "||", "~~", "`", "* * *", "> ", "\\", "[x](y)"),
)
_EVERY = 4  # words from mark to mark
_ROOM = 16  # units for the last one
_RUNS = "*_|~`.x"
_STYLES = ("bold", "italic", "underline", "strike", "spoiler", "code", "pre", "text_url", "blockquote")


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody writes: `marks` of them in it."""

    text: str
    entities: tuple[Entity, ...]
    marks: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Place `index` in version `revision` of message `number`."""

    number: int
    revision: int
    index: int


def compose(number: int, revision: int, size: int, seed: int) -> Text:
    """About `size` UTF-16 units, never more, with a mark at every fourth word and at the end: so each part has one. ""
    when there is no room for a mark."""
    rng = Random(f"{seed}:{number}:{revision}")

    def mark(index: int) -> str:
        return f"n{number}r{revision}w{index}e"

    words = _words(rng, size - _ROOM, mark, "")
    marks = -(-len(words) // _EVERY) + 1
    words.append(mark(marks - 1) + " ")
    return _text(rng, words, marks) if sum(map(units, words)) <= size + 1 else Text("", (), 0)


def prose(head: str, size: int, seed: str) -> Text:
    """The same without marks, below a first line."""
    rng = Random(seed)
    return _text(rng, _words(rng, size, None, head + "\n"), 0)


def _words(rng: Random, size: int, mark: Callable[[int], str] | None, head: str) -> list[str]:
    """Each with the white space after it."""
    words = [head] if head else []
    length = units(head)
    dense = rng.random() < 0.25  # nothing but what has to be escaped on Discord: twice as long there
    while True:
        index, left = divmod(len(words), _EVERY)
        word = rng.choice(_RUNS[:5]) * rng.randint(1, 30) if dense else _filler(rng)
        if mark and not left:
            word = mark(index)
        word += "\n" if rng.random() < 0.05 else " "
        length += units(word)
        if length > size:
            return words
        words.append(word)


def _text(rng: Random, words: Sequence[str], marks: int) -> Text:
    text = "".join(words).rstrip()
    return Text(text, _entities(rng, words, units(text)), marks)


def _filler(rng: Random) -> str:
    if rng.random() < 0.05:
        return rng.choice(_RUNS) * rng.randint(2, 60)
    return rng.choice(_FILLERS)


def _entities(rng: Random, words: Sequence[str], end: int) -> tuple[Entity, ...]:
    """Styles over whole words, nested and overlapping as they come."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + units(word))
    found = []
    for _ in range(rng.choice((0, 0, 1, 2, 6)) if words else 0):
        first = rng.randrange(len(words))
        last = min(len(words) - 1, first + rng.choice((0, 1, 3, 30)))
        length = min(starts[last + 1] - 1, end) - starts[first]
        if length > 0:
            kind = rng.choice(_STYLES)
            value = {"text_url": "https://y.example/(b)", "pre": "python"}.get(kind, "")
            found.append(Entity(kind, starts[first], length, value))
    return tuple(found)


def marks_in(text: str) -> list[Mark]:
    """All marks, in order."""
    return [Mark(*map(int, found.groups())) for found in _MARK.finditer(text)]


def letters(text: str) -> str:
    """The text without white space and what nobody sees."""
    return _INVISIBLE.sub("", text)
