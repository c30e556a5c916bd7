"""What /sessionstatus and /sessionhealth show, in a number of queries that does not grow with sessions and pairs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, IntegerField, Value, When
from django.db.models.functions import Now

from pairs.models import Pair, SourceAccess
from pairs.services.lags import lags
from project.core.models import Lease
from project.core.stopping import pause
from sessions.models import Health, HealthCheck, Lifecycle, TelegramSession
from sessions.services.finding import find_session
from sessions.services.login import wake
from workers.services.standstill import seen_standstill
from workers.services.status import PER_PAGE, WorkerView, nearest_page, workers_of

CHECK_LIMIT = 18.0  # seconds; a person waits at most 20
_STEP = 0.1
_WORST_FIRST = (Health.UNAUTHORIZED, Health.EXPIRED, Health.UNHEALTHY, Health.UNKNOWN)

_LATEST = """
SELECT s.id, clock_timestamp(), c.at, c.passed, c.code, c.detail::text, f.at, f.before, f.after
FROM unnest(%s::bigint[]) AS s (id)
LEFT JOIN LATERAL (
    SELECT * FROM tg_sessions_healthcheck c WHERE c.session_id = s.id ORDER BY c.at DESC LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT * FROM tg_sessions_healthflip f WHERE f.session_id = s.id ORDER BY f.at DESC LIMIT 1) f ON true
"""


@dataclass(frozen=True, slots=True)
class CheckView:
    """One health check. `detail` is what the owner saw; `code` is the platform's name of the error."""

    at: datetime
    passed: bool
    code: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FlipView:
    """The last change of health."""

    at: datetime
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in an overview. `phone` is masked."""

    id: int
    name: str
    phone: str
    lifecycle: str
    health: str
    reason: str
    priority: int
    pairs: int
    max_pairs: int
    failover: bool
    worker: WorkerView
    check: CheckView | None
    flip: FlipView | None

    @property
    def used(self) -> float:
        """Percent of its seats that are taken."""
        return 100 * self.pairs / self.max_pairs

    @property
    def standing(self) -> str:
        """The lifecycle as people read it: an active session whose login is dead is "stopped"."""
        dead = self.health in (Health.EXPIRED, Health.UNAUTHORIZED)
        return "stopped" if self.lifecycle == Lifecycle.ACTIVE and dead else self.lifecycle

    @property
    def recovered_since_check(self) -> bool:
        """The newest check failed, and what failed was mended after it."""
        if self.check is None or self.check.passed or self.flip is None:
            return False
        return self.flip.after == Health.HEALTHY and self.flip.at >= self.check.at


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """All about one session. `statuses`: how many pairs have each; `user_id` is None before the first login."""

    line: SessionLine
    user_id: int | None
    proxy: bool
    statuses: Mapping[str, int]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """One page of all sessions. `healths`: how many have each; `standing`: checks that are not made, as sentences."""

    lines: Sequence[SessionLine]
    page: int
    pages: int
    total: int
    healths: Mapping[str, int]
    standing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PairAccess:
    """A pair and what its source is to its session, as last seen."""

    pair_id: int
    title: str
    status: str
    reason: str
    access: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A session's health with what the newest check saw. `fresh`: it was made for this; else `why_not` says why."""

    line: SessionLine
    fresh: bool
    why_not: str
    pairs: tuple[PairAccess, ...]
    standing: Sequence[str] = ()


def session_status(name: str) -> SessionDetail:
    """One session. Raises NotFound."""
    session = find_session(name)
    pairs = Pair.living().filter(assignment__session=session)
    counted = pairs.values_list("status").annotate(Count("pk")).order_by("status")
    return SessionDetail(
        line=_lines([session])[0],
        user_id=session.user_id,
        proxy=session.proxy_sealed is not None,
        statuses=dict(counted),
        metadata=session.metadata,
    )


def sessions_page(page: int = 1, *, worst_first: bool = False, per_page: int = PER_PAGE) -> SessionsPage:
    """A page of all living sessions, by name or with those in trouble first."""
    living = TelegramSession.living()
    healths = dict(living.values_list("health").annotate(Count("pk")).order_by("health"))
    total = sum(healths.values())
    page, pages = nearest_page(page, total, per_page)
    places = [When(health=health, then=Value(place)) for place, health in enumerate(_WORST_FIRST)]
    order = Case(*places, default=Value(len(places)), output_field=IntegerField())
    rows = living.order_by(*([order] if worst_first else []), "name")[(page - 1) * per_page : page * per_page]
    return SessionsPage(_lines(list(rows)), page, pages, total, healths, seen_standstill())


def session_health(name: str) -> HealthReport:
    """The stored results of one session. Raises NotFound."""
    return _report(find_session(name), fresh=False, why_not="")


def check_now(name: str) -> HealthReport:
    """Asks the session's owner for a check and waits 18 s at most; else tells what is stored. Raises NotFound."""
    session = find_session(name)
    if session.lifecycle != Lifecycle.ACTIVE:
        return _report(session, fresh=False, why_not=f"it is {session.lifecycle}, so nothing checks it")
    if not _is_owned(session):
        return _report(session, fresh=False, why_not="no worker runs it now")
    mark = uuid.uuid4()
    with transaction.atomic():
        TelegramSession.objects.filter(pk=session.pk).update(check_asked=mark)
        wake(session.account)
    fresh = _wait_for(session, str(mark))
    why_not = "" if fresh else f"its worker did not answer within {CHECK_LIMIT:.0f} s"
    session.refresh_from_db()
    return _report(session, fresh=fresh, why_not=why_not)


def _is_owned(session: TelegramSession) -> bool:
    return Lease.objects.filter(name=session.account, released_at=None, expires_at__gt=Now()).exists()


def _wait_for(session: TelegramSession, mark: str) -> bool:
    deadline = time.monotonic() + CHECK_LIMIT
    newest = HealthCheck.objects.filter(session=session).order_by("-at")
    while time.monotonic() < deadline:
        if any(detail.get("asked") == mark for detail in newest.values_list("detail", flat=True)[:3]):
            return True
        pause(_STEP)
    return False


def _report(session: TelegramSession, *, fresh: bool, why_not: str) -> HealthReport:
    seen = {
        chat: (access, at)
        for chat, access, at in SourceAccess.objects.filter(session=session).values_list(
            "source_chat", "access", "checked_at"
        )
    }
    pairs = Pair.living().filter(assignment__session=session).order_by("pk")
    waiting = lags([pair.pk for pair in pairs])
    return HealthReport(
        line=_lines([session])[0],
        fresh=fresh,
        why_not=why_not,
        pairs=tuple(
            PairAccess(
                pair.pk,
                pair.source_name,
                pair.status,
                pair.status_reason or (str(waiting[pair.pk]) if pair.pk in waiting else ""),
                *seen.get(pair.source_chat, ("unknown", None)),
            )
            for pair in pairs
        ),
        standing=seen_standstill(),
    )


def _lines(sessions: list[Any]) -> list[SessionLine]:
    ids = [session.pk for session in sessions]
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [ids])
        rows = cursor.fetchall()
    latest = {row[0]: row[2:] for row in rows}
    for session in sessions:
        session.seen_at = rows[0][1]  # the database's clock
    return [
        _line(session, worker, latest[session.pk])
        for session, worker in zip(sessions, workers_of(sessions), strict=True)
    ]


def _line(session: TelegramSession, worker: WorkerView, latest: Sequence[Any]) -> SessionLine:
    at, passed, code, detail, flipped_at, before, after = latest
    return SessionLine(
        id=session.pk,
        name=session.name,
        phone=session.phone_hint,
        lifecycle=session.lifecycle,
        health=session.health,
        reason=session.health_reason,
        priority=session.priority,
        pairs=worker.pairs,
        max_pairs=session.max_pairs,
        failover=session.failover,
        worker=worker,
        check=None if at is None else CheckView(at, passed, code, json.loads(detail)),
        flip=None if flipped_at is None else FlipView(flipped_at, before, after),
    )
