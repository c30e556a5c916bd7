"""Sessions by their names and ids, and how doors show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from project.core.errors import Conflict, NotFound
from sessions.domain.health import DEAD
from sessions.domain.names import name_problem
from sessions.models import Lifecycle, TelegramSession


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


def list_sessions() -> list[SessionView]:
    """All living sessions, by name."""
    return [view(session) for session in TelegramSession.living().order_by("name")]


def find_session(name: str) -> TelegramSession:
    """The living session of that name, whatever the case. Raises NotFound."""
    session = named(name).first()
    if session is None:
        raise _unknown(name)
    return session


def session_of(number: int) -> TelegramSession:
    """The living session with this id. Raises NotFound."""
    session = TelegramSession.living().filter(pk=number).first()
    if session is None:
        raise NotFound("This session does not exist any more.")
    return session


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


def named(name: str) -> QuerySet[TelegramSession]:
    """The living session of that name, whatever the case; nothing is asked about what cannot be a name."""
    living = TelegramSession.living()
    return living.none() if name_problem(name) else living.filter(name__iexact=name)


def locked(name: str) -> TelegramSession:
    """The living session of that name, its row locked until the transaction ends. Raises NotFound."""
    session = named(name).select_for_update().first()
    if session is None:
        raise _unknown(name)
    return session


def _unknown(name: str) -> NotFound:
    known = list(TelegramSession.living().order_by("name").values_list("name", flat=True)[:10])
    hint = f"There are: {', '.join(known)}." if known else "None is registered yet."
    return NotFound(f"There is no session named {'like that' if name_problem(name) else name}.", hint=hint)
