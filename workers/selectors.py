"""Questions about workers, answered from the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from pairs.models import Assignment, Pair, PairStatus
from project.core.config import current
from project.core.models import Lease
from sessions.models import Lifecycle, TelegramSession
from workers.models import Node, NodeState, Placement, WorkerGroup

GROUP_SILENT_AFTER = timedelta(seconds=60)


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


def _silent_groups() -> Iterable[WorkerGroup]:
    used = set(Assignment.objects.values_list("session_id", "group"))
    silent = WorkerGroup.objects.filter(heartbeat_at__lt=Now() - GROUP_SILENT_AFTER)
    return [group for group in silent if (group.session_id, group.number) in used]


def _names(rows: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(row) for row in rows)
