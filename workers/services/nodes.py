"""Nodes as people see and drain them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from project.core.audit import record
from project.core.config import current
from project.core.errors import NotFound
from sessions.services.login import wake
from workers.models import Node, NodeState


@dataclass(frozen=True, slots=True)
class NodeView:
    """A live node; sizes in bytes, None before the first measurement. `drain_asked`: it gives its accounts away."""

    name: str
    state: str
    address: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    accounts: int
    drain_asked: bool
    memory_total: int | None
    memory_free: int | None
    disk_total: int | None
    disk_free: int | None
    cpu_percent: float | None


@dataclass(frozen=True, slots=True)
class DrainView:
    """What a wish to drain means: the accounts that go, and the nodes that can take them (none: they stay for now)."""

    name: str
    accounts: int
    others: tuple[str, ...]


def list_nodes() -> list[NodeView]:
    """Live nodes by name."""
    counted = _live().annotate(accounts=Count("placements")).order_by("name", "started_at")
    return [_view(node, node.accounts) for node in counted]


def drain_node(*, actor: str, name: str) -> DrainView:
    """The node gives its accounts to other nodes, some at a time, each after its worker has drained, and takes none
    until `resume_node` or its next start. Without another node that is up it keeps them until one is. Raises NotFound.
    """
    return _ask(actor=actor, name=name, action="node.drain", drain=True)


def resume_node(*, actor: str, name: str) -> DrainView:
    """The node takes accounts again that nobody runs; those that went do not come back. Raises NotFound."""
    return _ask(actor=actor, name=name, action="node.resume", drain=False)


def _ask(*, actor: str, name: str, action: str, drain: bool) -> DrainView:
    with transaction.atomic():
        nodes = list(_live().annotate(accounts=Count("placements")))
        named = [node for node in nodes if node.name == name]
        if not named:
            known = ", ".join(sorted({node.name for node in nodes}))
            raise NotFound(f"No node {name} is running.", hint=f"Running: {known}." if known else "No node is running.")
        Node.objects.filter(pk__in=[node.pk for node in named]).update(drain_asked=drain)
        accounts = sum(node.accounts for node in named)
        record(actor=actor, action=action, target=f"node.{name}", before={"accounts": accounts})
        wake("placements")
    ready = {node.name for node in nodes if node.state == NodeState.UP and not node.drain_asked and node not in named}
    return DrainView(name, accounts, tuple(sorted(ready)))


def _live() -> QuerySet[Node]:
    since = Now() - timedelta(seconds=current().lease_ttl)
    return Node.objects.exclude(state=NodeState.GONE).filter(heartbeat_at__gt=since)


def _view(node: Node, accounts: int) -> NodeView:
    return NodeView(
        name=node.name,
        state=node.state,
        address=node.egress,
        pid=node.pid,
        started_at=node.started_at,
        heartbeat_at=node.heartbeat_at,
        accounts=accounts,
        drain_asked=node.drain_asked,
        memory_total=node.memory_total,
        memory_free=node.memory_free,
        disk_total=node.disk_total,
        disk_free=node.disk_free,
        cpu_percent=node.cpu_percent,
    )
