"""Asking the live connection of an account, from outside its worker."""

from __future__ import annotations

import time

import msgspec
from django.db import transaction

from project.core.errors import Conflict, InvalidInput, NotFound
from project.telegram.values import AccountInfo, ChatInfo
from sessions.models import Lookup
from sessions.services.login import wake

LONGEST = 200  # characters of a reference
LIMIT = 60.0  # seconds; taking over a lease may take 30 of them
_STEP = 0.1


def look_up_chat(account: str, reference: str) -> ChatInfo:
    """A chat as `account` sees it. Blocks up to 60 s.

    Raises InvalidInput, NotFound, and Conflict when no worker answers.
    """
    if len(reference) > LONGEST:
        raise InvalidInput("This names no chat.", hint="Give @name, a t.me link or an id like -1001234567890.")
    return msgspec.convert(_ask(account, reference), ChatInfo)


def look_up_self(account: str) -> AccountInfo:
    """Who the account is, asked from Telegram. Raises Conflict when no worker answers."""
    return msgspec.convert(_ask(account, ""), AccountInfo)


def _ask(account: str, reference: str) -> object:
    with transaction.atomic():
        lookup = Lookup.objects.create(account=account, reference=reference)
        wake(account)
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        lookup.refresh_from_db()
        if lookup.error:
            raise NotFound(lookup.error)
        if lookup.answered_at is not None:
            return lookup.answer
        time.sleep(_STEP)
    raise Conflict(
        f"{account} did not answer within {LIMIT:.0f} s: its worker is not connected.",
        hint="`python manage.py doctor` says what is in the way.",
    )
