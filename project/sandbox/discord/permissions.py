"""Rights of a bot in a channel, much simplified: one set per bot and channel, shown as member overwrites."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from project.core.errors import InvalidInput


class Permission(StrEnum):
    """The rights that the sandbox enforces."""

    VIEW = "view"
    SEND = "send"
    HISTORY = "history"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_MESSAGES = "manage_messages"
    ATTACH = "attach"


# Bit numbers of the reference's "Permissions"; SEND also covers EMBED_LINKS and SEND_MESSAGES_IN_THREADS.
_BITS = {
    Permission.VIEW: 1 << 10,
    Permission.SEND: 1 << 11 | 1 << 14 | 1 << 38,
    Permission.MANAGE_MESSAGES: 1 << 13,
    Permission.ATTACH: 1 << 15,
    Permission.HISTORY: 1 << 16,
    Permission.MANAGE_WEBHOOKS: 1 << 29,
}
ALL = frozenset(Permission)
EVERYONE = frozenset({Permission.VIEW, Permission.SEND, Permission.HISTORY, Permission.ATTACH})


def bits(permissions: Iterable[Permission]) -> int:
    """The bit set as Discord sends it (there as a decimal text)."""
    total = 0
    for permission in permissions:
        total |= _BITS[permission]
    return total


def named(names: Iterable[str]) -> frozenset[Permission]:
    """The rights with these names; raises InvalidInput for an unknown one."""
    try:
        return frozenset(Permission(name) for name in names)
    except ValueError as problem:
        raise InvalidInput(f"No such permission: {problem}.", hint=f"Known: {', '.join(Permission)}.") from problem
