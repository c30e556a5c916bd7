"""Enabling and disabling sessions."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from project.core.audit import record
from project.core.errors import Conflict
from sessions.models import AccountSecret, Health, Lifecycle, TelegramSession
from sessions.services.finding import SessionView, is_logged_in, locked, view
from sessions.services.health import flip
from sessions.services.login import wake


def disable_session(*, actor: str, name: str, reason: str = "") -> SessionView:
    """Its connection is closed and it relays nothing; its key stays. Pairs that have no stand-in wait, with their
    cursors. Raises NotFound and Conflict."""
    with transaction.atomic():
        session = locked(name)
        if session.lifecycle == Lifecycle.DISABLED:
            raise Conflict(f"Session {session.name} is disabled already.", hint=f"/enablesession {session.name}")
        _set_lifecycle(session, Lifecycle.DISABLED, actor=actor, action="session.disable", reason=reason)
    return view(session)


def enable_session(*, actor: str, name: str) -> SessionView:
    """It connects again, when it has a key. One that was logged in and has none any more is expired: people are told,
    and its pairs go elsewhere or wait. One that never was waits for its first login. Raises NotFound and Conflict."""
    with transaction.atomic():
        session = locked(name)
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
