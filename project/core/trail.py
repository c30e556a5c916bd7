"""Reading the audit trail."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from project.core.models import AuditEvent

_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)


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


def trail_page(
    text: str = "", *, below: int = 0, most: int = 10, meant: Mapping[str, Collection[str]] | None = None
) -> TrailPage:
    """Acts whose actor, action, target or reason contains every word of `text`; `below` an id (0: from the newest).

    `meant`: words that are names, with the references that stand for them in the trail.
    """
    rows = AuditEvent.objects.all()
    for word in text.split():
        rows = rows.filter(
            Q(actor__icontains=word)
            | Q(action__icontains=word)
            | Q(target__icontains=word)
            | Q(reason__icontains=word)
            | Q(target__in=(meant or {}).get(word, ()))
        )
    if below:
        rows = rows.filter(id__lt=below)
    found = list(rows.order_by("-id")[: most + 1])
    return TrailPage(tuple(_entry(row) for row in found[:most]), older=len(found) > most, newer=below > 0)


def _entry(row: AuditEvent) -> Entry:
    return Entry(row.pk, row.at, row.actor, row.action, row.target, _change(row.before, row.after), _told(row.reason))


def _change(before: object, after: object) -> str:
    return told_change(before if isinstance(before, Mapping) else {}, after if isinstance(after, Mapping) else {})


def told_change(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """ "priority 1 → 3, name: a": what differs, for people. What is empty is left out."""
    parts = []
    for name in dict.fromkeys((*before, *after)):
        old, new = _told(before.get(name)), _told(after.get(name))
        label = name.replace("_", " ")
        if old and not new:
            parts.append(f"{label} was {old}")
        elif new and not old:
            parts.append(f"{label}: {new}")
        elif old != new:
            parts.append(f"{label} {old} → {new}")
    return ", ".join(parts)


def _told(value: object) -> str:
    """A value as people write it; "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        told = {name: _told(one) for name, one in value.items()}
        return "; ".join(f"{name} {one}" for name, one in told.items() if one)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_told, value)))
    return _TIME.sub(_told_time, str(value))


def _told_time(found: re.Match[str]) -> str:
    try:
        moment = datetime.fromisoformat(found[0])
    except ValueError:  # it only looks like one
        return found[0]
    zone = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{zone:%Y-%m-%d %H:%M} UTC"
