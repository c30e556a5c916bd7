"""What people paste, cleaned in one way for every room: invisible signs, blanks, dashes, full-width letters, wrappings.

Phones, spreadsheets and web pages add such signs; nobody who pastes an id or a link sees or means them. Passwords and
free texts are never cleaned: there every sign may be meant. Pure.
"""

from __future__ import annotations

import re
import unicodedata

from project.core.quotes import QUOTES

_INVISIBLE = frozenset({"Cf", "Cs"})  # marks of direction, joiners, byte order marks, halves of pairs
_ALSO_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(n) for n in range(0xFE00, 0xFE10)}
_DASHES = frozenset("\u2212\u02d7\u2043\u207b\u208b\u2796")  # minus signs and the like that are no dashes to Unicode
_WRAPPED = {"<": ">", "(": ")", "[": "]", "`": "`", "*": "*", **QUOTES}
_LINK = re.compile(r"\[[^\[\]]*\]\(\s*<?([^()<>\s]+)>?\s*\)")
_FULL_WIDTH = 0xFF01 - 0x21


def tidy(text: str) -> str:
    """The text without invisible signs, with ASCII digits, dashes, blanks and full-width letters as ASCII; blanks at
    the ends are gone. Quotes, other alphabets and whatever else is visible stay."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(map(_plain, text)).strip()


def bare(text: str) -> str:
    """`tidy`, and without what stands around a link or an id when it was copied: quotes, `<…>`, backticks,
    `[words](link)`."""
    text = tidy(text)
    while True:
        if found := _LINK.fullmatch(text):
            text = found[1]
        elif len(text) > 1 and text[-1] in _WRAPPED.get(text[0], ""):
            text = text[1:-1].strip()
        else:
            return text


def words_of(text: str) -> tuple[str, ...]:
    """The text split at blanks of any kind, each word without invisible signs; nothing else of them is changed."""
    return tuple(filter(None, ("".join(sign for sign in word if not _is_invisible(sign)) for word in text.split())))


def _plain(sign: str) -> str:
    if sign.isspace():
        return " "
    if _is_invisible(sign):
        return ""
    kind = unicodedata.category(sign)
    if kind == "Pd" or sign in _DASHES:
        return "-"
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    return chr(ord(sign) - _FULL_WIDTH) if "\uff01" <= sign <= "\uff5e" else sign


def _is_invisible(sign: str) -> bool:
    return sign in _ALSO_INVISIBLE or unicodedata.category(sign) in _INVISIBLE
