"""Asking the live connection of an account, from outside its worker."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from django.db import transaction

from project.core.clock import database_now
from project.core.errors import Conflict, InvalidInput, NotFound, RelayError
from project.core.logs import get_logger
from project.core.stopping import pause
from project.telegram.values import NOBODY, AccountInfo, ChatInfo, ChatSight
from sessions.models import Lookup
from sessions.services.login import wake

LONGEST = 200  # characters of a reference
ASKED_AGAIN = timedelta(hours=1)
LOOK_LIMIT = 10.0  # seconds; a connected account answers within one
LIMIT = 60.0  # seconds; taking over a lease may take 30 of them
_STEP = 0.1
_LOOK_STEP = 0.05

log = get_logger(__name__)


class NoSuchName(NotFound):
    """Nobody on Telegram has this public name: no other account will find it either."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one account saw of the chats it was asked about. `error`: why it saw nothing, for people."""

    sights: Mapping[int, ChatSight]
    error: str = ""


def look_at_chats(asked: Mapping[str, Sequence[int]], *, limit: float = LOOK_LIMIT) -> dict[str, Looked]:
    """Several accounts at once, each about many chats (bare ids); blocks up to `limit` seconds. One that is not
    connected costs the whole of it."""
    with transaction.atomic():
        rows = Lookup.objects.bulk_create(
            Lookup(account=account, chats=list(dict.fromkeys(chats))) for account, chats in asked.items() if chats
        )
        for row in rows:
            wake(row.account)
    open_, found = {row.pk: row.account for row in rows}, dict[str, Looked]()
    deadline = time.monotonic() + limit
    while open_ and time.monotonic() < deadline:
        for answered in Lookup.objects.filter(pk__in=list(open_), answered_at__isnull=False):
            found[open_.pop(answered.pk)] = _looked(answered)
        if open_:
            pause(_LOOK_STEP)
    late = {
        account: Looked({}, f"did not answer within {limit:g} s: it is not connected.") for account in open_.values()
    }
    return found | late


def _looked(row: Lookup) -> Looked:
    if row.error:
        return Looked({}, row.error)
    return Looked({sight.chat_id: sight for sight in msgspec.convert(row.answer, list[ChatSight])})


def look_up_chat(account: str, reference: str) -> ChatInfo:
    """A chat as `account` sees it. Blocks up to 60 s.

    Raises InvalidInput, NotFound (NoSuchName where asking others is in vain), and Conflict when no worker answers.
    """
    if len(reference) > LONGEST:
        raise InvalidInput("This names no chat.", hint="Give @name, a t.me link or an id like -1001234567890.")
    return msgspec.convert(_ask(account, reference), ChatInfo)


def check_name(account: str, reference: str) -> None:
    """Raises NoSuchName when nobody on Telegram has this public name; whatever else hinders is found out later."""
    try:
        look_up_chat(account, reference)
    except NoSuchName:
        raise
    except RelayError as error:
        log.info("a name could not be looked up", reason=error.message)


def look_up_self(account: str) -> AccountInfo:
    """Who the account is, asked from Telegram. Raises Conflict when no worker answers."""
    return msgspec.convert(_ask(account, ""), AccountInfo)


def join_chat(account: str, reference: str) -> ChatInfo:
    """`account` becomes a member of a public chat. Blocks up to 60 s. Raises as `look_up_chat`."""
    return msgspec.convert(_ask(account, reference, join=True), ChatInfo)


def look_up_names(asked: Mapping[str, Sequence[str]], *, limit: float = LOOK_LIMIT) -> dict[tuple[str, str], ChatInfo]:
    """Public names as several accounts see them, by account and name; blocks up to `limit` seconds. An account knows
    how to address a chat from then on. What cannot be seen, or is not answered in time, is missing; so is what was
    asked in vain within the hour, as Telegram limits look-ups of names tightly."""
    lately = Lookup.objects.filter(account__in=list(asked), created_at__gt=database_now() - ASKED_AGAIN)
    vain = set(lately.filter(join=False).exclude(reference="").exclude(error="").values_list("account", "reference"))
    wishes = [(account, name) for account, names in asked.items() for name in names if (account, name) not in vain]
    if not wishes:
        return {}
    with transaction.atomic():
        rows = Lookup.objects.bulk_create(Lookup(account=account, reference=name) for account, name in wishes)
        for account in dict.fromkeys(account for account, _ in wishes):
            wake(account)
    open_, found = {row.pk for row in rows}, dict[tuple[str, str], ChatInfo]()
    deadline = time.monotonic() + limit
    while open_ and time.monotonic() < deadline:
        for row in Lookup.objects.filter(pk__in=open_, answered_at__isnull=False):
            open_.discard(row.pk)
            if not row.error:
                found[row.account, row.reference] = msgspec.convert(row.answer, ChatInfo)
        if open_:
            time.sleep(_LOOK_STEP)
    return found


def _ask(account: str, reference: str, *, join: bool = False) -> object:
    with transaction.atomic():
        lookup = Lookup.objects.create(account=account, reference=reference, join=join)
        wake(account)
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        lookup.refresh_from_db()
        if lookup.error:
            raise NoSuchName(lookup.error) if lookup.error.startswith(NOBODY) else NotFound(lookup.error)
        if lookup.answered_at is not None:
            return lookup.answer
        pause(_STEP)
    raise Conflict(
        f"{account} did not answer within {LIMIT:.0f} s: its worker is not connected.",
        hint="`python manage.py doctor` says what is in the way.",
    )
