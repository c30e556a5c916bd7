"""What the server does to a text before it keeps it: limits, trimming, and the entities that it finds by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .errors import RpcRefusedError
from .messages import KINDS, Entity

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
MOST_ENTITIES = 100

_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])"
    r"|(?<!\w)(?P<mention>@[A-Za-z]\w{3,31})"
    r"|(?<!\w)(?P<hashtag>#\w*[^\W\d]\w*)"
)
# Inside these nothing is detected.
_OPAQUE = frozenset({"code", "pre", "text_url", "url", "mention", "hashtag", "mention_name"})


def units(text: str) -> int:
    """The length of a text in UTF-16 code units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def _clipped(entity: Entity, start: int, end: int) -> Entity | None:
    left, right = max(entity.offset, start), min(entity.offset + entity.length, end)
    return replace(entity, offset=left - start, length=right - left) if left < right else None


def _trimmed(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    stripped = text.strip()
    start = units(text[: len(text) - len(text.lstrip())])
    end = start + units(stripped)
    clipped = (_clipped(entity, start, end) for entity in entities)
    return stripped, [entity for entity in clipped if entity is not None]


def _found(text: str, entities: list[Entity]) -> list[Entity]:
    taken = [(entity.offset, entity.offset + entity.length) for entity in entities if entity.kind in _OPAQUE]
    found = []
    for match in _FOUND.finditer(text):
        start = units(text[: match.start()])
        end = start + units(match.group())
        if not any(start < right and left < end for left, right in taken):
            found.append(Entity(str(match.lastgroup), start, end - start))
    return found


def tidy(text: str, entities: Iterable[Entity], *, limit: int) -> tuple[str, tuple[Entity, ...]]:
    """The text as it is kept: trimmed, with the given entities and those found (links, mentions, hashtags).

    Raises MESSAGE_TOO_LONG or MEDIA_CAPTION_TOO_LONG above `limit` UTF-16 units, ENTITY_BOUNDS_INVALID for a range
    outside of the text, INPUT_CONSTRUCTOR_INVALID for a kind that there is not. More than 100 entities: the rest is
    dropped (https://core.telegram.org/api/entities).
    """
    given = list(entities)
    size = units(text)
    if any(item.kind not in KINDS for item in given):
        raise RpcRefusedError("INPUT_CONSTRUCTOR_INVALID")
    if any(item.offset < 0 or item.length <= 0 or item.offset + item.length > size for item in given):
        raise RpcRefusedError("ENTITY_BOUNDS_INVALID")
    text, kept = _trimmed(text, given)
    if units(text) > limit:
        raise RpcRefusedError("MEDIA_CAPTION_TOO_LONG" if limit == CAPTION_LIMIT else "MESSAGE_TOO_LONG")
    kept += _found(text, kept)
    kept.sort(key=lambda entity: (entity.offset, -entity.length))
    return text, tuple(kept[:MOST_ENTITIES])
