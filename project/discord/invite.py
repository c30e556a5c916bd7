"""The link with which a person adds the bot to a server, asking for exactly the permissions it needs."""

from __future__ import annotations

from project.discord.permissions import ALL, NEEDED

PERMISSIONS = ALL


def permission_names() -> tuple[str, ...]:
    """The needed permissions as Discord's settings show them."""
    return tuple(NEEDED)


def invite_link(application_id: int) -> str:
    """Source: Discord's reference, "OAuth2", Bot Authorization Flow."""
    return f"https://discord.com/oauth2/authorize?client_id={application_id}&scope=bot&permissions={PERMISSIONS}"
