"""Names of accounts: "session.7" is a session's, "sender.3" a sender bot's. Pure."""

from __future__ import annotations


def split_account(account: str) -> tuple[str, int]:
    """ "session.7" is ("session", 7)."""
    kind, _, number = account.partition(".")
    return kind, int(number)
