"""The check of all workers, every three minutes: groups against the plan, dead nodes, what nobody runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from project.core import notices
from project.core.config import current
from project.core.notices import Severity
from project.core.words import few
from workers.models import Node, NodeState
from workers.selectors import Orphans, lasting_orphans
from workers.services import room
from workers.services.groups import replan_changed

KEY = "workers"
KEEP_GONE = timedelta(days=7)
LEAST_FREE = 0.05  # of a node's memory or disk
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class WorkersCheck:
    """What a check did, and what people have to see to: `troubles`, one sentence each."""

    regrouped: int
    nodes_gone: int
    nodes_forgotten: int
    troubles: tuple[str, ...]


def check_workers() -> WorkersCheck:
    """Put right what can be put right, and tell operators of what has been wrong for three minutes: once, and once
    more when all is well again."""
    moved = replan_changed().moved
    gone, forgotten = _bury_nodes()
    orphans = lasting_orphans()
    if notices.is_open(room.KEY):  # it tells of them, and what to do
        orphans = replace(orphans, placements=())
    troubles = (*_orphan_troubles(orphans), *_node_troubles())
    _tell(troubles)
    return WorkersCheck(moved, gone, forgotten, troubles)


def _bury_nodes() -> tuple[int, int]:
    """Nodes that fell silent are gone; after a week nobody needs their rows. Their accounts are any node's to take."""
    silent = Now() - timedelta(seconds=current().lease_ttl)
    gone = Node.objects.exclude(state=NodeState.GONE).filter(heartbeat_at__lt=silent).update(state=NodeState.GONE)
    _, removed = Node.objects.filter(state=NodeState.GONE, heartbeat_at__lt=Now() - KEEP_GONE).delete()
    return gone, removed.get(Node._meta.label, 0)


def _orphan_troubles(orphans: Orphans) -> list[str]:
    seen = (
        ("Pairs that nobody reads", orphans.pairs),
        ("Accounts that no node runs, or that keep crashing", orphans.placements),
        ("Worker groups that fell silent", orphans.groups),
    )
    return [f"{what} ({len(names)}): {few(names, _SHOWN)}." for what, names in seen if names]


def _node_troubles() -> list[str]:
    fresh = Node.objects.filter(measured_at__gt=Now() - timedelta(minutes=3)).exclude(state=NodeState.GONE)
    troubles = []
    for node in fresh.order_by("name"):
        for what, free, total in (
            ("memory", node.memory_free, node.memory_total),
            ("disk space", node.disk_free, node.disk_total),
        ):
            if free is not None and total and free < LEAST_FREE * total:
                troubles.append(f"Node {node.name} has {100 * free / total:.0f} % of its {what} left.")
    return troubles


def _tell(troubles: tuple[str, ...]) -> None:
    with transaction.atomic():
        known = notices.is_open(KEY)
        if troubles and not known:
            text = "\n".join(["Workers need a look:", *(f"• {trouble}" for trouble in troubles), "→ /workerstatus"])
            notices.post(KEY, text, severity=Severity.WARNING)
        elif known and not troubles:
            notices.end(KEY)
            notices.post(KEY, "Workers: all in order again.")
