"""Styled ranges to and from Telegram's own classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from telethon.tl import types

from .messages import KINDS, Entity

# Where a kind has a value, the field that holds it.
_VALUES = {
    "text_url": "url",
    "pre": "language",
    "mention_name": "user_id",
    "custom_emoji": "document_id",
    "blockquote": "collapsed",
}
_NUMBERS = frozenset({"mention_name", "custom_emoji"})
_FLAGS = frozenset({"blockquote"})
_SNAKE = re.compile(r"(?<!^)(?=[A-Z])")


def _kind(tl_class: type) -> str:
    return _SNAKE.sub("_", tl_class.__name__.removeprefix("Input").removeprefix("MessageEntity")).lower()


_CLASSES: dict[str, Any] = {_kind(item): item for name, item in vars(types).items() if name.startswith("MessageEntity")}


def _value(entity: Entity) -> Any:
    if entity.kind in _NUMBERS:
        return int(entity.value or 0)
    return bool(entity.value) if entity.kind in _FLAGS else entity.value


def to_tl(entities: Sequence[Entity]) -> list[Any]:
    """Entities as TL objects."""
    return [
        _CLASSES[entity.kind](
            entity.offset,
            entity.length,
            **({_VALUES[entity.kind]: _value(entity)} if entity.kind in _VALUES else {}),
        )
        for entity in entities
    ]


def _sent_value(entity: Any, kind: str) -> str:
    value = getattr(entity, _VALUES[kind], None) if kind in _VALUES else None
    value = getattr(value, "user_id", value)  # a mention is sent as an inputUser
    return str(value) if value else ""


def from_tl(entities: Iterable[Any] | None) -> tuple[Entity, ...]:
    """Entities that a client sent; kinds that nobody here knows are dropped."""
    kinds = ((entity, _kind(type(entity))) for entity in entities or ())
    return tuple(
        Entity(kind, entity.offset, entity.length, _sent_value(entity, kind)) for entity, kind in kinds if kind in KINDS
    )
