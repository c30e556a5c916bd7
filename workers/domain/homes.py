"""Which accounts have to run, and in whose process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """A pair that a session reads and a sender bot posts to."""

    sender: str
    session: str


def plan_homes(*, sessions: Iterable[str], logins: Iterable[str], uses: Iterable[Use]) -> dict[str, str]:
    """Map every account that has to run to the account whose process holds it.

    A session, and any account with an open login, is at home with itself. A sender bot lives with the one
    running session that uses it; used by several, or by one that does not run, it has a process of its own.
    """
    running = set(sessions)
    users: dict[str, set[str]] = {}
    for use in uses:
        users.setdefault(use.sender, set()).add(use.session)
    homes = {account: account for account in (*running, *logins)}
    for sender, of in users.items():
        only = next(iter(of)) if len(of) == 1 else ""
        homes[sender] = only if only in running else sender
    return homes
