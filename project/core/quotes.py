"""Words and `key=value` with values in quotes, as keyboards of all languages write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from project.core.errors import InvalidInput

# By the sign that opens: those that close it in some language.
QUOTES = {
    '"': '"',
    "'": "'",
    "\u201c": "\u201d\u201c",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d\u201e",
    "\u201f": "\u201d\u201c",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab\u00bb",
    "\u2039": "\u203a",
    "\u203a": "\u2039\u203a",
    "\u2018": "\u2019\u2018",
    "\u2019": "\u2019",
    "\u201a": "\u2018\u2019",
    "\u2033": "\u2033",
    "\u301d": "\u301e\u301f",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\uff02": "\uff02",
}
# Where none of those stands: some keyboards curl only one of the two.
_MIXED = {'"': "\u201d\u201c", "'": "\u2019", "\u2018": "'", "\u2019": "'", "\u201a": "'"}
_APOSTROPHES = frozenset("'\u2018\u2019\u201a")  # alone they are part of a word
_EQUALS = "=\uff1d"
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its quotes. Of a `key=value` the two sides, else `key` is ""."""

    key: str
    value: str


def split_words(text: str) -> tuple[Word, ...]:
    """Words at blanks; what stands in quotes is one. Raises InvalidInput for a quote that is never closed.

    A quote opens at the beginning of a word or of its value, and closes before a blank only: in `5" hose` it is text.
    """
    words, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        else:
            word, at = _word(text, at)
            words.append(word)
    return tuple(words)


def quote(value: str) -> str:
    """The value as `split_words` reads it, in quotes where it needs them."""
    if value and not _BLANK.search(value) and value[0] not in QUOTES:
        return value
    opening = next((sign for sign in ('"', "\u00ab", "\u201e") if not set(QUOTES[sign]) & set(value)), '"')
    return f"{opening}{value}{QUOTES[opening][0]}"


def _word(text: str, at: int) -> tuple[Word, int]:
    inner, end = _in_quotes(text, at)
    if end:  # the whole word, as for a shell
        key, equals, value = inner.partition("=")
        return Word(key, value) if equals and not _BLANK.search(key) else Word("", inner), end
    end = _next_blank(text, at)
    place = next((place for place in range(at, end) if text[place] in _EQUALS), at)
    if place == at:  # without a name before it, an equals sign is text
        return Word("", text[at:end]), end
    key, value = text[at:place], text[place + 1 : end]
    inner, quoted = _in_quotes(text, place + 1)
    return (Word(key, inner), quoted) if quoted else (Word(key, value), end)


def _in_quotes(text: str, at: int) -> tuple[str, int]:
    """What the quotes at this place hold, and where they end; "" and 0 where none open."""
    sign = text[at : at + 1]
    if sign not in QUOTES:
        return "", 0
    for closing in (QUOTES[sign], _MIXED.get(sign, '"')):
        if found := re.compile(rf"[{re.escape(closing)}](?=\s|\Z)").search(text, at + 1):
            return text[at + 1 : found.start()], found.end()
    if sign in _APOSTROPHES:
        return "", 0
    raise InvalidInput(
        f"The quote that opens with {sign} is never closed.", hint=f"Write {QUOTES[sign][0]} where the value ends."
    )


def _next_blank(text: str, at: int) -> int:
    found = _BLANK.search(text, at)
    return found.start() if found else len(text)
