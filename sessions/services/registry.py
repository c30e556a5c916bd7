"""Registering sessions."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.errors import Conflict, InvalidInput, NotFound
from sessions.domain.device import CURRENT
from sessions.domain.phone import masked, parse_phone
from sessions.models import TelegramSession
from sessions.models.health import Health
from sessions.models.session import NAME_PATTERN, Lifecycle

PRIORITIES = range(1, 11)
PAIRS = range(1, 51)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as the doors show it. `account` names its lease and queue; the phone number is masked."""

    id: int
    name: str
    account: str
    phone: str
    lifecycle: str
    health: str
    health_reason: str
    priority: int
    max_pairs: int


def register_session(
    *, actor: str, name: str, phone: str, priority: int = 1, max_pairs: int | None = None
) -> SessionView:
    """Registers a user account; nothing is sent to Telegram yet. Raises InvalidInput and Conflict."""
    most = min(current().max_pairs_per_session, max(PAIRS)) if max_pairs is None else max_pairs
    _check(name, priority, most)
    number = parse_phone(phone)
    _check_unused(number)
    session = TelegramSession(
        name=name,
        phone_sealed=b"",
        phone_hint=masked(number),
        priority=priority,
        max_pairs=most,
        device=asdict(CURRENT),
    )
    try:
        with transaction.atomic():
            session.save()
            session.phone_sealed = seal(number.encode(), owner=session.account, keys=current().master_keys)
            session.save(update_fields=["phone_sealed"])
            record(actor=actor, action="session.register", target=session.account, after={"name": name})
    except IntegrityError:
        raise Conflict(f"A session named {name} exists already.", hint="Choose another name.") from None
    return view(session)


def _check(name: str, priority: int, max_pairs: int) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise InvalidInput("The name of a session is 1 to 32 letters, digits and underscores.")
    if priority not in PRIORITIES:
        raise InvalidInput("The priority is a number from 1 to 10, higher is preferred.")
    if max_pairs not in PAIRS:
        raise InvalidInput("The number of pairs is from 1 to 50.")


def _check_unused(number: str) -> None:
    """A number that another session has already would cost a login to find out."""
    for other in _living().filter(phone_hint=masked(number)):
        phone = unseal(bytes(other.phone_sealed), owner=other.account, keys=current().master_keys)
        if phone.decode() == number:
            raise Conflict(
                f"Session {other.name} has this phone number already.", hint=f"`session login {other.name}` logs it in."
            )


def change_session(*, actor: str, name: str, priority: int, max_pairs: int) -> SessionView:
    """Other priority and number of pairs; pairs above the number stay. Raises InvalidInput and NotFound."""
    _check(name, priority, max_pairs)
    with transaction.atomic():
        session = _living().select_for_update().filter(name__iexact=name).first()
        if session is None:
            raise NotFound(f"There is no session named {name}.", hint="`session list` shows the names.")
        before = {"priority": session.priority, "max_pairs": session.max_pairs}
        session.priority, session.max_pairs = priority, max_pairs
        session.save(update_fields=["priority", "max_pairs", "updated_at"])
        after = {"priority": priority, "max_pairs": max_pairs}
        record(actor=actor, action="session.change", target=session.account, before=before, after=after)
    return view(session)


def list_sessions() -> list[SessionView]:
    """All living sessions, by name."""
    return [view(session) for session in _living().order_by("name")]


def find_session(name: str) -> TelegramSession:
    """The living session of that name, whatever the case. Raises NotFound."""
    session = _living().filter(name__iexact=name).first()
    if session is None:
        raise NotFound(f"There is no session named {name}.", hint="`session list` shows the names.")
    return session


def find_logged_in(name: str) -> TelegramSession:
    """The living session of that name, if it is logged in. Raises NotFound and Conflict."""
    session = find_session(name)
    if not is_logged_in(session):
        why = session.health_reason.rstrip(".") or session.lifecycle
        raise Conflict(
            f"Session {session.name} is not logged in ({why}).", hint=f"`session login {session.name}` logs it in."
        )
    return session


def is_logged_in(session: TelegramSession) -> bool:
    """Whether its key works, as far as the last look at it told."""
    return session.lifecycle == Lifecycle.ACTIVE and session.health not in (Health.EXPIRED, Health.UNAUTHORIZED)


def view(session: TelegramSession) -> SessionView:
    """The row as doors may show it."""
    return SessionView(
        id=session.pk,
        name=session.name,
        account=session.account,
        phone=session.phone_hint,
        lifecycle=session.lifecycle,
        health=session.health,
        health_reason=session.health_reason,
        priority=session.priority,
        max_pairs=session.max_pairs,
    )


def _living() -> QuerySet[TelegramSession]:
    return TelegramSession.objects.exclude(lifecycle=Lifecycle.DELETED)
