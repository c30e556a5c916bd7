"""Texts whose every few words carry a mark, so that whatever stands somewhere says which message, in which version,
it shows, and what of it is missing. Pure; nothing here knows how the program renders."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    """About `size` UTF-16 units, never more; "" below the length of one mark."""
    rng = Random(f"{seed}:{number}:{revision}")
    words: list[str] = []
    length = marks = 0
    dense = rng.random() < 0.25  # nothing but what has to be escaped on Discord: twice as long there
    while True:
        if len(words) % 4 == 0:
            word = f"n{number}r{revision}w{marks}e"
        else:
            word = rng.choice(_RUNS[:5]) * rng.randint(1, 30) if dense else _filler(rng)
        if length + units(word) + 1 > size:
            break
        marks += len(words) % 4 == 0
        words.append(word + ("\n" if rng.random() < 0.05 else " "))
        length += units(words[-1])
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
