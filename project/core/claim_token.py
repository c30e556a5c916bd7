"""The token of the link that makes a person the owner. Needs no settings and no database."""

from __future__ import annotations

import hashlib
import secrets

from project.core.secret import Secret

PREFIX = "claim_"


def new_token() -> Secret:
    """128 random bits in the alphabet of a deep link's parameter (core.telegram.org/bots/features, Deep linking)."""
    return Secret(secrets.token_urlsafe(16))


def hash_of(token: Secret) -> str:
    """What may be stored of a token."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()


def claim_link(bot: str, token: Secret) -> str:
    """Whoever opens it first owns the bot. `bot` is its username."""
    return f"https://t.me/{bot}?start={PREFIX}{token.reveal()}"
