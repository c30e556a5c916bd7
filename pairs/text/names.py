"""Names that the platforms accept: webhook display names and file names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pairs.text.split import is_within_cluster
from project.core.message import Author
from project.core.richtext import utf16_len

MAX_NAME = 80
MAX_FILE_NAME = 100
REMEMBERED = 1024  # names; the same authors write again and again
_FORBIDDEN = re.compile(r"(dis)(cord)|(cly)(de)", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSAFE_IN_FILE_NAME = re.compile(r'[<>:"|?*`@#\[\]()\s]+')


def display_name(author: Author | None, fallback: str) -> str:
    """A webhook's name for this message: 1-80 characters, never containing "discord" or "clyde".

    Discord refuses anything else with 400 (developers/resources/webhook.mdx), which would stop the lane.
    """
    for name in (author.name if author else "", fallback):
        if shown := _shown(name):
            return shown
    return "Unknown"


def author_name(author: Author) -> str:
    """The name for a line of text: 1-80 characters, without invisible ones; no rule of a platform's names applies."""
    return _cut(_visible(author.name), MAX_NAME) or "Unknown"


@lru_cache(REMEMBERED)
def _shown(name: str) -> str:
    return _cut(_allowed(_visible(name)), MAX_NAME)


@lru_cache(REMEMBERED)
def file_name(name: str) -> str:
    """A harmless file name of 1-100 characters: no path, no control or direction characters; the extension stays."""
    base = re.split(r"[/\\]", name)[-1]
    base = _UNSAFE_IN_FILE_NAME.sub("_", _visible(base)).rstrip("._ ")
    stem, dot, extension = base.rpartition(".")
    if not stem or utf16_len(extension) > 16:
        stem, dot, extension = base, "", ""
    stem = _cut(stem.strip("._ "), MAX_FILE_NAME - utf16_len(extension) - len(dot)).rstrip("._ ")
    return f"{stem or 'file'}{dot}{extension}"


def _visible(text: str) -> str:
    """Without characters that nobody sees, or that reorder others; white space becomes single spaces."""
    spaced = "".join(" " if char.isspace() else char for char in text)
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _INVISIBLE)
    return re.sub(r" {2,}", " ", kept).strip()


def _allowed(name: str) -> str:
    if _FORBIDDEN.search(unicodedata.normalize("NFKC", name)):
        name = unicodedata.normalize("NFKC", name)
    return _FORBIDDEN.sub(lambda match: ".".join(part for part in match.groups() if part), name)


def _cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, without cutting a character as people see it where that is possible."""
    if utf16_len(text) <= limit:
        return text
    end = min(len(text), limit)
    while utf16_len(text[:end]) > limit:
        end -= 1
    whole = end
    while whole > 1 and is_within_cluster(text, whole):
        whole -= 1
    return text[: whole if whole > 1 else end].rstrip()
