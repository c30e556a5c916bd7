"""Names for the ids in mentions. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from project.core.message import RichText, Style

MENTION = re.compile(r"<?([@#])[!&]?([0-9]{1,20})>?")


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of the ids that a message mentions. Discord's ids are unique over all kinds."""

    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)

    def of(self, snowflake: int) -> str | None:
        """The name behind an id, or None."""
        for known in (self.users, self.roles, self.channels):
            if snowflake in known:
                return known[snowflake]
        return None


def resolve(nodes: RichText, names: Names) -> RichText:
    """The tree with "@name" or "#name" in place of ids, where the name is known."""
    return tuple(
        replace(
            node,
            text=_shown(node.text, names) if node.style is Style.MENTION else node.text,
            children=resolve(node.children, names),
        )
        for node in nodes
    )


def _shown(text: str, names: Names) -> str:
    found = MENTION.fullmatch(text)
    name = names.of(int(found[2])) if found else None
    return f"{found[1]}{name}" if found and name else text
