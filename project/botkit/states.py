"""States as an icon and the word itself, the same everywhere in the bot. Pure."""

from __future__ import annotations

_ICONS = {
    "healthy": "🟢",
    "active": "🟢",
    "unhealthy": "🟡",
    "degraded": "🟡",
    "expired": "🔴",
    "stopped": "🔴",
    "unauthorized": "🔴",
    "error": "🔴",
    "unknown": "⚪",
    "registered": "⚪",
    "login": "⚪",
    "paused": "⏸",
    "parked": "🅿",
    "disabled": "⛔",
    "deleted": "⛔",
    "member": "🟢",
    "protected": "🟡",
    "guest": "🟡",
    "banned": "🔴",
}


def state(word: str) -> str:
    """ "🟢 healthy". A word that we do not know stands alone."""
    icon = _ICONS.get(word)
    return f"{icon} {word}" if icon else word


def icon(word: str) -> str:
    """The icon alone; ⚪ for a word that we do not know."""
    return _ICONS.get(word, "⚪")
