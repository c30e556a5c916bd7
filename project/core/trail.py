"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from project.core.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as lists show it."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    change: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Newest first. `older`: there is more below; `newer`: this is not the top."""

    entries: tuple[Entry, ...]
    older: bool
    newer: bool


def trail_page(text: str = "", *, below: int = 0, most: int = 10) -> TrailPage:
    """Acts whose actor, action, target or reason contains every word of `text`; `below` an id (0: from the newest)."""
    rows = AuditEvent.objects.all()
    for word in text.split():
        rows = rows.filter(
            Q(actor__icontains=word) | Q(action__icontains=word) | Q(target__icontains=word) | Q(reason__icontains=word)
        )
    if below:
        rows = rows.filter(id__lt=below)
    found = list(rows.order_by("-id")[: most + 1])
    return TrailPage(tuple(_entry(row) for row in found[:most]), older=len(found) > most, newer=below > 0)


def _entry(row: AuditEvent) -> Entry:
    return Entry(row.pk, row.at, row.actor, row.action, row.target, _change(row.before, row.after), row.reason)


def _change(before: object, after: object) -> str:
    """ "priority 1 → 3, name: a": what differs."""
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    parts = []
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            parts.append(f"{name} was {old[name]}")
        elif name not in old:
            parts.append(f"{name}: {new[name]}")
        elif old[name] != new[name]:
            parts.append(f"{name} {old[name]} → {new[name]}")
    return ", ".join(parts)
