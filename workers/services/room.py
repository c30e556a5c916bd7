"""Accounts that no node takes because there is no room for their process: told once, with what to raise and to what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from project.core import notices
from project.core.config import current
from project.core.notices import Severity
from project.core.words import counted
from workers.domain.room import CONNECTIONS, MEMORY, MIB, Connections, room_in_memory
from workers.models import Node, NodeState, Placement
from workers.room import LIMITS, budget_of

KEY = "room"
_TEN = 10


@dataclass(frozen=True, slots=True)
class Room:
    """PostgreSQL's connections for processes of accounts. `pooled`: a pooler stands between, so they do not count."""

    role: str
    limits: Connections
    pooled: bool

    def shortage(self, running: int, waiting: int) -> str:
        """What to raise so that `waiting` more processes can run; "" when these connections are enough."""
        wanted = running + waiting
        if self.pooled or wanted <= self.limits.processes:
            return ""
        has = f"PostgreSQL has connections for {counted(self.limits.processes, 'process')} of accounts"
        needed = _rounded(self.limits.needed(wanted))
        if needed <= self.limits.most:
            limit = _rounded(CONNECTIONS * wanted)
            return f"{has}. As its administrator: ALTER ROLE {self.role} CONNECTION LIMIT {limit};"
        return (
            f"{has}. Raise max_connections from {self.limits.most} to {needed} "
            f"(POSTGRES_MAX_CONNECTIONS={needed} with the embedded server and with Docker), restart PostgreSQL and run "
            f"`python manage.py migrate`."
        )


def connection_room() -> Room:
    """As the server's settings and the role's limit are now."""
    budget = budget_of(current())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LIMITS.format(role='%s')}", [budget.role])
        most, reserved, of_role = cursor.fetchone()
    return Room(budget.role, budget.connections(most, reserved, of_role), budget.pooled)


def find_shortage() -> str:
    """How many accounts wait for room, and what to raise; "" when none does, or when no node is there to take them."""
    alive = Node.objects.exclude(state=NodeState.GONE).filter(
        heartbeat_at__gt=Now() - timedelta(seconds=current().lease_ttl)
    )
    hosts = Placement.objects.filter(host=F("account"))
    waiting = hosts.filter(Q(node=None) | ~Q(node__in=alive)).count()
    takers = list(alive.filter(state=NodeState.UP, drain_asked=False))
    if not waiting or not takers:
        return ""
    why = connection_room().shortage(hosts.filter(node__in=alive).count(), waiting) or _memory_shortage(takers, waiting)
    return f"🔴 {counted(waiting, 'account')} wait for room, everything else goes on. {why}" if why else ""


def tell_shortage() -> None:
    """One notice while there is a shortage, one more when it is over."""
    text, known = find_shortage(), notices.is_open(KEY)
    if bool(text) == known:
        return
    with transaction.atomic():
        if text:
            notices.post(KEY, text, severity=Severity.CRITICAL)
        else:
            notices.end(KEY)
            notices.post(KEY, "🟢 There is room for all accounts again.")


def _memory_shortage(takers: list[Node], waiting: int) -> str:
    reserve = current().node_memory_reserve
    free = {node.name: node.memory_free for node in takers if node.memory_free is not None}
    if len(free) < len(takers) or any(room_in_memory(free=left, reserve=reserve * MIB) for left in free.values()):
        return ""
    told = ", ".join(f"{name} has {left // MIB} MiB free" for name, left in sorted(free.items()))
    return (
        f"No node has the memory: {told}, and NODE_MEMORY_RESERVE={reserve} MiB stay free. "
        f"They need about {waiting * MEMORY // MIB} MiB more: add memory or a node."
    )


def _rounded(number: int) -> int:
    return -(-number // _TEN) * _TEN
