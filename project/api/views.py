"""Reading: sessions and numbers as the answers show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType

from django.db.models import Count, Max

from pairs.models import Delivery, HopState, Pair, PairStatus
from pairs.services.placing import taken_seats
from project.api.answers import Sessions, SessionStatus, Statistics
from sessions.models import Health, HealthCheck, HealthFlip, Lifecycle, TelegramSession
from sessions.services.registry import find_session
from workers.services.nodes import list_nodes
from workers.services.status import WorkerView, worker_of, worker_status

_ALL = 100_000


def status_of(name: str, *, warnings: tuple[str, ...] = ()) -> SessionStatus:
    """One session. Raises NotFound."""
    session = find_session(name)
    return _status(session, worker_of(session), _newest([session.pk]), warnings)


def all_sessions() -> Sessions:
    """All living sessions, in a number of queries that does not grow with them."""
    workers = {worker.session: worker for worker in worker_status(per_page=_ALL).workers}
    living = TelegramSession.objects.exclude(lifecycle=Lifecycle.DELETED).order_by("name")
    rows = [session for session in living if session.name in workers]
    times = _newest([session.pk for session in rows])
    return Sessions(tuple(_status(session, workers[session.name], times) for session in rows))


def statistics() -> Statistics:
    """Counted from the rows, now."""
    living = TelegramSession.objects.exclude(lifecycle=Lifecycle.DELETED)
    usable = [session for session in living if (session.lifecycle, session.health) == ("active", "healthy")]
    taken = taken_seats()
    lane = Delivery.objects.filter(state__in=[HopState.WAITING, HopState.SENDING])
    return Statistics(
        sessions=MappingProxyType(Counter(Health(session.health).value for session in living)),
        pairs=MappingProxyType(_by_status()),
        seats=sum(session.max_pairs for session in usable),
        seats_taken=sum(taken[session.pk] for session in usable),
        nodes=len(list_nodes()),
        waiting=lane.count(),
        dead_letters=Delivery.objects.filter(state=HopState.DEAD).values("event_id", "hop").distinct().count(),
    )


def _by_status() -> dict[str, int]:
    counted = Pair.objects.exclude(status=PairStatus.REMOVED).values_list("status").annotate(Count("pk"))
    return dict(counted.order_by("status"))


def _newest(ids: Sequence[int]) -> dict[int, tuple[datetime | None, datetime | None]]:
    """Last check and last change of health, by session."""
    checks = dict(HealthCheck.objects.filter(session__in=ids).values_list("session").annotate(Max("at")).order_by())
    flips = dict(HealthFlip.objects.filter(session__in=ids).values_list("session").annotate(Max("at")).order_by())
    return {number: (checks.get(number), flips.get(number)) for number in ids}


def _status(
    session: TelegramSession,
    worker: WorkerView,
    times: dict[int, tuple[datetime | None, datetime | None]],
    warnings: tuple[str, ...] = (),
) -> SessionStatus:
    checked, changed = times[session.pk]
    return SessionStatus(
        id=session.pk,
        name=session.name,
        account=session.phone_hint,
        lifecycle=session.lifecycle,
        health=session.health,
        reason=session.health_reason,
        priority=session.priority,
        pairs=worker.pairs,
        max_pairs=session.max_pairs,
        node=worker.node,
        worker=worker.state.word,
        groups=MappingProxyType({group.number: group.pairs for group in worker.groups}),
        lag=worker.lag,
        last_check=checked,
        last_change=changed,
        metadata=MappingProxyType(dict(session.metadata)),
        warnings=warnings,
    )
