"""Questions about workers, answered from the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from pairs.models import Assignment, Pair, PairStatus
from project.core.config import current
from project.core.models import Lease
from sessions.models import Health, Lifecycle, TelegramSession
from workers.domain.restarts import CRASH_LOOP
from workers.models import Node, NodeState, Placement, WorkerGroup

GROUP_SILENT_AFTER = timedelta(seconds=60)
LASTING = timedelta(minutes=3)  # what is wrong that long does not mend itself
_WELL = (Health.HEALTHY, Health.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Orphans:
    """What should not be: each a tuple of names, empty when all is well."""

    pairs: tuple[str, ...]
    placements: tuple[str, ...]
    leases: tuple[str, ...]
    groups: tuple[str, ...]

    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.pairs or self.placements or self.leases or self.groups)


def owned_sessions() -> list[str]:
    """Accounts of active sessions that some process owns right now."""
    live = set(_live_leases())
    return [session.account for session in _active_sessions() if session.account in live]


def unowned_sessions() -> list[str]:
    """Accounts of sessions that no process owns now: nobody reads their queue."""
    live = set(_live_leases())
    return [
        f"session.{pk}" for pk in TelegramSession.objects.values_list("pk", flat=True) if f"session.{pk}" not in live
    ]


def find_orphans() -> Orphans:
    """Active pairs nobody reads, placements nobody runs, leases without a placement, groups that fell silent."""
    placed = set(Placement.objects.values_list("account", flat=True))
    return Orphans(
        pairs=_names(Pair.objects.filter(status=PairStatus.ACTIVE, assignment=None)),
        placements=_names(Placement.objects.exclude(host__in=_running_hosts())),
        leases=tuple(sorted(name for name in _live_leases() if name not in placed)),
        groups=_names(_silent_groups()),
    )


def _active_sessions() -> Iterable[TelegramSession]:
    return TelegramSession.objects.filter(lifecycle=Lifecycle.ACTIVE).only("pk")


def _live_leases() -> list[str]:
    accounts = Q(name__startswith="session.") | Q(name__startswith="sender.")
    return list(Lease.objects.filter(accounts, released_at=None, expires_at__gt=Now()).values_list("name", flat=True))


def _running_hosts() -> list[str]:
    alive_since = Now() - timedelta(seconds=current().lease_ttl)
    nodes = Node.objects.exclude(state=NodeState.GONE).filter(heartbeat_at__gt=alive_since)
    return list(Placement.objects.filter(node__in=nodes, pid__isnull=False).values_list("account", flat=True))


def _silent_groups(after: timedelta = GROUP_SILENT_AFTER) -> list[WorkerGroup]:
    """Of sessions that nothing else is known to be wrong with."""
    used = set(Assignment.living().values_list("session_id", "group"))
    silent = WorkerGroup.objects.filter(
        heartbeat_at__lt=Now() - after, session__lifecycle=Lifecycle.ACTIVE, session__health__in=_WELL
    )
    return [group for group in silent.select_related("session") if (group.session_id, group.number) in used]


def lasting_orphans() -> Orphans:
    """The same, as far as it has lasted for three minutes and no session's health tells of it already. What no node
    runs counts only while there is one that would."""
    running = _long_running()
    return Orphans(
        pairs=_names(_unread_pairs()),
        placements=_names(_lasting_placements()),
        leases=(),
        groups=tuple(
            f"{group.session.name}/{group.number}"
            for group in _silent_groups(LASTING)
            if group.session.account in running
        ),
    )


def _unread_pairs() -> Iterable[Pair]:
    """They should relay, and have no session, or one that is not to run."""
    cutoff = Now() - LASTING
    stopped = Q(assignment__session__lifecycle__in=(Lifecycle.DISABLED, Lifecycle.DELETED))
    unread = Q(assignment=None, created_at__lt=cutoff) | stopped & Q(assignment__session__updated_at__lt=cutoff)
    return Pair.objects.filter(unread, status__in=(PairStatus.ACTIVE, PairStatus.DEGRADED)).order_by("pk")


def _lasting_placements() -> list[Placement]:
    """Nobody runs it, or it keeps crashing."""
    cutoff = Now() - LASTING
    takers = Node.objects.filter(state=NodeState.UP, drain_asked=False, started_at__lt=cutoff)
    if not takers.filter(heartbeat_at__gt=cutoff).exists():
        return []
    unrun = Q(node=None) | Q(node__heartbeat_at__lt=cutoff) | Q(pid=None)
    crashing = Q(last_exit__startswith=CRASH_LOOP) & (Q(pid=None) | Q(started_at__gt=cutoff))
    found = Placement.objects.filter(Q(unrun, updated_at__lt=cutoff) | crashing, host=F("account"))
    troubled = TelegramSession.objects.exclude(health__in=_WELL).values_list("pk", flat=True)
    told = {f"session.{pk}" for pk in troubled}
    return [place for place in found.order_by("account") if place.account not in told]


def _long_running() -> set[str]:
    cutoff = Now() - LASTING
    running = Placement.objects.filter(pid__isnull=False, started_at__lt=cutoff, node__heartbeat_at__gt=cutoff)
    return set(running.values_list("account", flat=True))


def _names(rows: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(row) for row in rows)
