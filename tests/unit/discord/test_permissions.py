"""Permissions: what the invite asks for, and what a channel really grants."""

from __future__ import annotations

from project.discord.invite import PERMISSIONS, invite_link, permission_names
from project.discord.permissions import ADMINISTRATOR, ALL, NEEDED, Overwrite, effective, names

GUILD, OWNER, BOT, ROLE = 1, 2, 3, 4
VIEW, SEND = NEEDED["View Channels"], NEEDED["Send Messages"]


def of(everyone: int = 0, role: int = 0, *overwrites: Overwrite, owner: int = OWNER) -> frozenset[str]:
    roles = {GUILD: everyone, ROLE: role, 99: ALL}
    bits = effective(member_id=BOT, guild_id=GUILD, owner_id=owner, role_ids=[ROLE], roles=roles, overwrites=overwrites)
    return names(bits)


def test_the_link_asks_for_exactly_the_named_permissions() -> None:
    # View 2^10, send 2^11, attach 2^15, history 2^16, webhooks 2^29, send in threads 2^38.
    assert PERMISSIONS == 2**10 + 2**11 + 2**15 + 2**16 + 2**29 + 2**38
    assert set(permission_names()) == names(PERMISSIONS)
    assert invite_link(42) == ("https://discord.com/oauth2/authorize?client_id=42&scope=bot&permissions=275414879232")


def test_roles_add_up() -> None:
    assert of(VIEW, SEND) == {"View Channels", "Send Messages"}
    assert of(VIEW, 0) == {"View Channels"}


def test_owner_and_administrator_have_all() -> None:
    assert of(owner=BOT) == set(NEEDED)
    assert of(0, ADMINISTRATOR, Overwrite(GUILD, 0, VIEW)) == set(NEEDED)


def test_overwrites_in_discords_order() -> None:
    assert of(VIEW | SEND, 0, Overwrite(GUILD, 0, SEND)) == {"View Channels"}
    assert of(VIEW | SEND, 0, Overwrite(GUILD, 0, SEND), Overwrite(ROLE, SEND, 0)) == {"View Channels", "Send Messages"}
    assert of(VIEW | SEND, 0, Overwrite(ROLE, SEND, 0), Overwrite(BOT, 0, SEND)) == {"View Channels"}
    assert of(VIEW | SEND, 0, Overwrite(99, 0, SEND)) == {"View Channels", "Send Messages"}


def test_a_hidden_channel_denies_everything() -> None:
    assert of(VIEW | SEND, 0, Overwrite(GUILD, 0, VIEW)) == set()
