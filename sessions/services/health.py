"""A change of a session's health. Each is a row: the timeline, and what control tells people from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from project.core.clock import database_now
from sessions.models import Health, HealthFlip, TelegramSession


@dataclass(frozen=True, slots=True)
class Flip:
    """A change of health that happened."""

    session_id: int
    name: str
    before: Health
    after: Health
    reason: str


def flip(
    session_id: int,
    health: Health,
    *,
    reason: str,
    cause: str = "",
    expected: Health | None = None,
    at: datetime | None = None,
) -> Flip | None:
    """Changes the health in the caller's transaction and writes it down; control tells people and sees to the pairs.

    None when nothing changed: it has that health already, or another one than `expected` by now. `cause` names what
    several sessions share their trouble with ("host.node1"), for one notice about all; a recovery's row names the cause
    that is over. `at` is now unless given.
    """
    session = TelegramSession.objects.select_for_update().filter(pk=session_id).first()
    if session is None or session.health == health or (expected is not None and session.health != expected):
        return None
    before, ended = Health(session.health), session.health_cause
    TelegramSession.objects.filter(pk=session_id).update(
        health=health, health_reason=reason[:200], health_cause=cause[:100], updated_at=database_now()
    )
    HealthFlip.objects.create(
        session=session,
        at=at or database_now(),
        before=before,
        after=health,
        reason=reason[:200],
        cause=ended if health == Health.HEALTHY else cause[:100],
    )
    return Flip(session_id, session.name, before, health, reason)


def explain(session_id: int, health: Health, *, reason: str, cause: str = "") -> None:
    """Another reason for the same health, as when more sources are lost: no change of state, so nobody is told."""
    TelegramSession.objects.filter(pk=session_id, health=health).update(
        health_reason=reason[:200], health_cause=cause[:100]
    )
