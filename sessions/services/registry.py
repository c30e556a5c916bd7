"""Registering, changing, enabling and disabling sessions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.errors import Conflict, ManyProblems, NotFound
from sessions.domain.changes import SessionChanges, changes_problems, with_metadata
from sessions.domain.device import CURRENT
from sessions.domain.health import DEAD
from sessions.domain.names import name_problem, other_name
from sessions.domain.phone import PROBLEM as PHONE_PROBLEM
from sessions.domain.phone import masked, nearest_phone, parse_phone, phone_warning
from sessions.domain.registration import PAIRS, PAIRS_PROBLEM, PRIORITIES, PRIORITY_PROBLEM
from sessions.models import AccountSecret, Health, Lifecycle, TelegramSession
from sessions.services.health import flip
from sessions.services.login import wake


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as the doors show it. `account` names its lease and queue; the phone number is masked.

    `warnings` are words of doubt about what was just done; nothing was refused.
    """

    id: int
    name: str
    account: str
    phone: str
    lifecycle: str
    health: str
    health_reason: str
    priority: int
    max_pairs: int
    warnings: tuple[str, ...] = ()


def register_session(
    *, actor: str, name: str, phone: str, priority: int = 1, max_pairs: int | None = None
) -> SessionView:
    """Registers a user account; nothing is sent to Telegram yet. Raises ManyProblems and Conflict."""
    most = min(current().max_pairs_per_session, max(PAIRS)) if max_pairs is None else max_pairs
    problems = (*_form_problems(name, phone, priority, most), *taken(name, phone))
    if problems:
        raise ManyProblems(problems)
    number = parse_phone(phone)
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
            after = {"name": name, "priority": priority, "max_pairs": most}
            record(actor=actor, action="session.register", target=session.account, after=after)
    except IntegrityError:  # by somebody else at the same moment
        raise Conflict(_name_taken(name), hint="Choose another name.") from None
    return replace(view(session), warnings=tuple(filter(None, [phone_warning(number)])))


def _form_problems(name: str, phone: str, priority: int, max_pairs: int) -> list[str]:
    found = [name_problem(name)]
    if not nearest_phone(phone) or not phone.strip().startswith("+"):
        found.append(PHONE_PROBLEM)
    if priority not in PRIORITIES:
        found.append(PRIORITY_PROBLEM)
    if max_pairs not in PAIRS:
        found.append(PAIRS_PROBLEM)
    return list(filter(None, found))


def taken(name: str, phone: str) -> list[str]:
    """What of a registration belongs to another living session. Forms are not judged here."""
    found = []
    if _named(name).exists():
        found.append(_name_taken(name))
    number = nearest_phone(phone)
    # A number that another session has already would cost a login to find out.
    for other in TelegramSession.living().filter(phone_hint=masked(number)) if number else ():
        if unseal(bytes(other.phone_sealed), owner=other.account, keys=current().master_keys).decode() == number:
            found.append(f"Session {other.name} has this phone number already.")
    return found


def free_name(name: str) -> str:
    """The name itself, or with a number when a living session has it."""
    candidate, number = name, 1
    while _named(candidate).exists():
        number += 1
        candidate = other_name(name, number)
    return candidate


def _name_taken(name: str) -> str:
    return f"A session named {name} exists already."


def edit_session(*, actor: str, name: str, changes: SessionChanges) -> SessionView:
    """Changes a living session; what is None stays. Pairs above a lower number stay, new ones are not taken.

    Raises ManyProblems, NotFound and Conflict.
    """
    problems = changes_problems(changes)
    with transaction.atomic():
        session = _locked(name)
        if changes.name and changes.name.lower() != session.name.lower():
            problems += [_name_taken(changes.name)] if _named(changes.name).exists() else []
        if problems:
            raise ManyProblems(tuple(problems))
        before = _shown(session)
        _apply(session, changes)
        after = _shown(session)
        try:
            with transaction.atomic():
                session.save()
        except IntegrityError:
            raise Conflict(_name_taken(session.name), hint="Choose another name.") from None
        different = [key for key in after if after[key] != before[key]]
        if different or changes.proxy is not None or changes.api_id is not None:
            record(
                actor=actor,
                action="session.change",
                target=session.account,
                before={key: before[key] for key in different},
                after={key: after[key] for key in different} | _resealed(changes),
            )
            wake(session.account)
    return replace(view(session), warnings=tuple(_edit_warnings(session, changes)))


def _shown(session: TelegramSession) -> dict[str, Any]:
    return {
        "name": session.name,
        "priority": session.priority,
        "max_pairs": session.max_pairs,
        "api_id": session.api_id,
        "failover": session.failover,
        "metadata": dict(session.metadata),
    }


def _resealed(changes: SessionChanges) -> dict[str, str]:
    """That a secret changed; never the secret."""
    return {} if changes.proxy is None else {"way_out": "through a proxy" if changes.proxy else "direct"}


def _apply(session: TelegramSession, changes: SessionChanges) -> None:
    keys = current().master_keys
    session.name = changes.name or session.name
    session.priority = changes.priority or session.priority
    session.max_pairs = changes.max_pairs or session.max_pairs
    session.failover = session.failover if changes.failover is None else changes.failover
    session.metadata = with_metadata(session.metadata, changes.metadata)
    if changes.proxy is not None:
        secret = changes.proxy.reveal().encode()
        session.proxy_sealed = seal(secret, owner=session.account, keys=keys) if secret else None
    if changes.api_id is not None:
        session.api_id = changes.api_id or None
        hash_ = changes.api_hash.reveal().encode() if changes.api_hash else b""
        session.api_hash_sealed = seal(hash_, owner=session.account, keys=keys) if hash_ else None


def _edit_warnings(session: TelegramSession, changes: SessionChanges) -> list[str]:
    found = []
    used = pairs_of(session)
    if changes.max_pairs is not None and used > session.max_pairs:
        found.append(
            f"It carries {used} pairs, more than {session.max_pairs}: they stay, and it takes no new ones until "
            f"fewer than {session.max_pairs} are left."
        )
    if is_logged_in(session) and (changes.proxy is not None or changes.api_id is not None):
        found.append("It connects anew with this within seconds.")
    if session.user_id and changes.api_id is not None:
        found.append("The login was made with the former api_id; should Telegram end it, log in anew.")
    return found


def pairs_of(session: TelegramSession) -> int:
    """Its living pairs; a removed pair takes no seat."""
    return int(session.assignments.exclude(pair__status="removed").count())


def disable_session(*, actor: str, name: str, reason: str = "") -> SessionView:
    """Its connection is closed and it relays nothing; its key stays. Pairs that have no stand-in wait, with their
    cursors. Raises NotFound and Conflict."""
    with transaction.atomic():
        session = _locked(name)
        if session.lifecycle == Lifecycle.DISABLED:
            raise Conflict(f"Session {session.name} is disabled already.", hint=f"/enablesession {session.name}")
        _set_lifecycle(session, Lifecycle.DISABLED, actor=actor, action="session.disable", reason=reason)
    return view(session)


def enable_session(*, actor: str, name: str) -> SessionView:
    """It connects again, when it has a key. One that was logged in and has none any more is expired: people are told,
    and its pairs go elsewhere or wait. One that never was waits for its first login. Raises NotFound and Conflict."""
    with transaction.atomic():
        session = _locked(name)
        if session.lifecycle != Lifecycle.DISABLED:
            raise Conflict(f"Session {session.name} is not disabled: it is {session.lifecycle}.")
        has_key = AccountSecret.objects.filter(account=session.account).exists()
        after = Lifecycle.ACTIVE if session.user_id else Lifecycle.REGISTERED
        _set_lifecycle(session, after, actor=actor, action="session.enable")
        if session.user_id and not has_key:
            flip(session.pk, Health.EXPIRED, reason="Its login is gone.")
            session.refresh_from_db()
    warning = "" if is_logged_in(session) else f"It has to be logged in: /authenticate {session.name}"
    return replace(view(session), warnings=tuple(filter(None, [warning])))


def _set_lifecycle(session: TelegramSession, after: Lifecycle, *, actor: str, action: str, reason: str = "") -> None:
    before, session.lifecycle = session.lifecycle, after
    session.save(update_fields=["lifecycle", "updated_at"])
    record(
        actor=actor,
        action=action,
        target=session.account,
        before={"lifecycle": before},
        after={"lifecycle": after.value},
        reason=reason,
    )
    wake("placements")
    wake(session.account)


def list_sessions() -> list[SessionView]:
    """All living sessions, by name."""
    return [view(session) for session in TelegramSession.living().order_by("name")]


def find_session(name: str) -> TelegramSession:
    """The living session of that name, whatever the case. Raises NotFound."""
    session = _named(name).first()
    if session is None:
        raise _unknown(name)
    return session


def session_of(number: int) -> TelegramSession:
    """The living session with this id. Raises NotFound."""
    session = TelegramSession.living().filter(pk=number).first()
    if session is None:
        raise NotFound("This session does not exist any more.")
    return session


def _named(name: str) -> QuerySet[TelegramSession]:
    """The living session of that name, whatever the case; nothing is asked about what cannot be a name."""
    living = TelegramSession.living()
    return living.none() if name_problem(name) else living.filter(name__iexact=name)


def _locked(name: str) -> TelegramSession:
    session = _named(name).select_for_update().first()
    if session is None:
        raise _unknown(name)
    return session


def _unknown(name: str) -> NotFound:
    known = list(TelegramSession.living().order_by("name").values_list("name", flat=True)[:10])
    hint = f"There are: {', '.join(known)}." if known else "None is registered yet."
    return NotFound(f"There is no session named {'like that' if name_problem(name) else name}.", hint=hint)


def find_logged_in(name: str) -> TelegramSession:
    """The living session of that name, if it is logged in. Raises NotFound and Conflict."""
    session = find_session(name)
    if not is_logged_in(session):
        why = session.health_reason.rstrip(".") or session.lifecycle
        raise Conflict(
            f"Session {session.name} is not logged in ({why}).",
            hint=f"`python manage.py session login {session.name}`, or /authenticate {session.name} in the bot.",
        )
    return session


def is_logged_in(session: TelegramSession) -> bool:
    """Whether its key works, as far as the last look at it told."""
    return session.lifecycle == Lifecycle.ACTIVE and session.health not in DEAD


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
