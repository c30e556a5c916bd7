"""The permissions the bot needs, and what it really has in one channel. Pure.

Source: Discord's reference, "Permissions" (flags, and "Permission Hierarchy" for the order of overwrites).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

ADMINISTRATOR = 1 << 3
VIEW_CHANNEL = 1 << 10

NEEDED: Mapping[str, int] = {
    "View Channels": VIEW_CHANNEL,
    "Send Messages": 1 << 11,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Manage Webhooks": 1 << 29,
    "Send Messages in Threads": 1 << 38,
}
ALL = sum(NEEDED.values())


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel allows and denies to a role or a member."""

    id: int
    allow: int
    deny: int


def effective(
    *,
    member_id: int,
    guild_id: int,
    owner_id: int,
    role_ids: Collection[int],
    roles: Mapping[int, int],
    overwrites: Sequence[Overwrite],
) -> int:
    """The bits a member has in a channel: roles first, then the overwrites for everyone, roles and member."""
    if member_id == owner_id:
        return ALL | ADMINISTRATOR
    held = {guild_id, *role_ids}
    bits = 0
    for role_id in held:
        bits |= roles.get(role_id, 0)
    if bits & ADMINISTRATOR:
        return ALL | ADMINISTRATOR
    for concerned in ({guild_id}, held - {guild_id}, {member_id}):
        bits = _overwrite(bits, [item for item in overwrites if item.id in concerned])
    # A channel that is not visible denies everything else.
    return bits if bits & VIEW_CHANNEL else 0


def names(bits: int) -> frozenset[str]:
    """The names, as Discord's settings show them, of the needed permissions among `bits`."""
    return frozenset(name for name, bit in NEEDED.items() if bits & bit)


def _overwrite(bits: int, items: Sequence[Overwrite]) -> int:
    allow = deny = 0
    for item in items:
        allow, deny = allow | item.allow, deny | item.deny
    return bits & ~deny | allow
