"""Changing sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction

from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal
from project.core.errors import Conflict, ManyProblems
from sessions.domain.changes import SessionChanges, changes_problems, with_metadata
from sessions.models import TelegramSession
from sessions.services.finding import SessionView, is_logged_in, locked, named, view
from sessions.services.login import wake
from sessions.services.registering import name_taken


def edit_session(*, actor: str, name: str, changes: SessionChanges) -> SessionView:
    """Changes a living session; what is None stays. Pairs above a lower number stay, new ones are not taken.

    Raises ManyProblems, NotFound and Conflict.
    """
    problems = changes_problems(changes)
    with transaction.atomic():
        session = locked(name)
        if changes.name and changes.name.lower() != session.name.lower():
            problems += [name_taken(changes.name)] if named(changes.name).exists() else []
        if problems:
            raise ManyProblems(tuple(problems))
        before = _shown(session)
        _apply(session, changes)
        after = _shown(session)
        try:
            with transaction.atomic():
                session.save()
        except IntegrityError:
            raise Conflict(name_taken(session.name), hint="Choose another name.") from None
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
