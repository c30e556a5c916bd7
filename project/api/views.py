"""Reading: sessions and numbers as the answers show them."""

from __future__ import annotations

from types import MappingProxyType

from django.db.models import Count

from pairs.models import Delivery, HopState, Pair
from pairs.services.placing import candidates
from project.api.answers import Sessions, SessionStatus, Statistics, Verified
from project.core.errors import Conflict
from sessions.domain.choice import unfit
from sessions.models import TelegramSession
from workers.services.nodes import list_nodes
from workers.services.session_status import SessionLine, check_now, session_status, sessions_page

ALL = 100_000


def status_of(name: str, *, warnings: tuple[str, ...] = ()) -> SessionStatus:
    """One session. Raises NotFound."""
    found = session_status(name)
    return _status(found.line, {str(key): str(value) for key, value in found.metadata.items()}, warnings)


def all_sessions() -> Sessions:
    """All living sessions, in a number of queries that does not grow with them."""
    living = TelegramSession.living()
    metadata = dict(living.values_list("pk", "metadata"))
    lines = sessions_page(per_page=ALL).lines
    return Sessions(tuple(_status(line, metadata.get(line.id, {})) for line in lines))


def verify(name: str) -> Verified:
    """A check now, by the session's own worker, at most 20 s. Raises NotFound, and Conflict when it failed."""
    report = check_now(name)
    check = report.line.check
    if not report.fresh or check is None:
        raise Conflict(f"Session {name} could not be checked: {report.why_not}.")
    if not check.passed:
        raise Conflict(f"Session {name} did not pass its check: {check.code}.", hint=f"/sessionhealth {name}")
    access = MappingProxyType({pair.pair_id: pair.access for pair in report.pairs})
    return Verified(report.line.name, report.line.health, report.line.reason, check.at, access)


def statistics() -> Statistics:
    """Counted from the rows, now."""
    usable = [one for one in candidates() if not unfit(one)]
    lane = Delivery.objects.filter(state__in=[HopState.WAITING, HopState.SENDING])
    dead = Delivery.objects.filter(state=HopState.DEAD).values("event_id", "hop").distinct()
    statuses = Pair.living().values_list("status").annotate(Count("pk"))
    return Statistics(
        sessions=MappingProxyType(dict(sessions_page(per_page=1).healths)),
        pairs=MappingProxyType(dict(statuses.order_by("status"))),
        seats=sum(one.max_pairs for one in usable),
        seats_taken=sum(one.used for one in usable),
        nodes=len(list_nodes()),
        waiting=lane.count(),
        dead_letters=dead.count(),
    )


def _status(line: SessionLine, metadata: dict[str, str], warnings: tuple[str, ...] = ()) -> SessionStatus:
    return SessionStatus(
        id=line.id,
        name=line.name,
        account=line.phone,
        lifecycle=line.lifecycle,
        health=line.health,
        reason=line.reason,
        priority=line.priority,
        pairs=line.pairs,
        max_pairs=line.max_pairs,
        node=line.worker.node,
        worker=line.worker.state.word,
        groups=MappingProxyType({group.number: group.pairs for group in line.worker.groups}),
        lag=line.worker.lag,
        last_check=line.check.at if line.check else None,
        last_change=line.flip.at if line.flip else None,
        metadata=MappingProxyType(dict(metadata)),
        warnings=warnings,
    )
