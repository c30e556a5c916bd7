"""Registering sessions."""

from __future__ import annotations

from dataclasses import asdict, replace

from django.db import IntegrityError, transaction

from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.errors import Conflict, ManyProblems
from sessions.domain.device import CURRENT
from sessions.domain.names import name_problem, other_name
from sessions.domain.phone import PROBLEM as PHONE_PROBLEM
from sessions.domain.phone import is_phone, masked, nearest_phone, parse_phone, phone_warning
from sessions.domain.registration import PAIRS, PAIRS_PROBLEM, PRIORITIES, PRIORITY_PROBLEM
from sessions.models import TelegramSession
from sessions.services.finding import SessionView, named, view


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
        raise Conflict(name_taken(name), hint="Choose another name.") from None
    return replace(view(session), warnings=tuple(filter(None, [phone_warning(number)])))


def _form_problems(name: str, phone: str, priority: int, max_pairs: int) -> list[str]:
    found = [name_problem(name)]
    if not is_phone(phone):
        found.append(PHONE_PROBLEM)
    if priority not in PRIORITIES:
        found.append(PRIORITY_PROBLEM)
    if max_pairs not in PAIRS:
        found.append(PAIRS_PROBLEM)
    return list(filter(None, found))


def taken(name: str, phone: str) -> list[str]:
    """What of a registration belongs to another living session. Forms are not judged here."""
    found = []
    if named(name).exists():
        found.append(name_taken(name))
    number = nearest_phone(phone)
    # A number that another session has already would cost a login to find out.
    for other in TelegramSession.living().filter(phone_hint=masked(number)) if number else ():
        if unseal(bytes(other.phone_sealed), owner=other.account, keys=current().master_keys).decode() == number:
            found.append(f"Session {other.name} has this phone number already.")
    return found


def free_name(name: str) -> str:
    """The name itself, or with a number when a living session has it."""
    candidate, number = name, 1
    while named(candidate).exists():
        number += 1
        candidate = other_name(name, number)
    return candidate


def name_taken(name: str) -> str:
    """What is wrong with such a name."""
    return f"A session named {name} exists already."
