"""Texts as Telegram keeps them, with the commands that it finds in chats with bots."""

from __future__ import annotations

import re
from collections.abc import Iterable

from project.sandbox.telegram.messages import Entity
from project.sandbox.telegram.text import tidy, units

_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?!\w)")


def tidied(text: str, entities: Iterable[Entity], *, limit: int) -> tuple[str, tuple[Entity, ...]]:
    """Trimmed, with links, mentions and commands found. Raises what `tidy` raises."""
    text, found = tidy(text, entities, limit=limit)
    taken = [(entity.offset, entity.offset + entity.length) for entity in found if entity.kind != "bold"]
    commands = (_at(text, match) for match in _COMMAND.finditer(text))
    free = [item for item in commands if not any(item.offset < end and start <= item.offset for start, end in taken)]
    return text, tuple(sorted([*found, *free], key=lambda entity: (entity.offset, -entity.length)))


def _at(text: str, match: re.Match[str]) -> Entity:
    return Entity("bot_command", units(text[: match.start()]), units(match.group()))
