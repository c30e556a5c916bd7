"""Pairs follow their sessions: degraded, disabled, stopped at a lost source, and back again when that is over.

Control looks every few seconds and after each wake-up. A look at rows, not an event, so that nothing is missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from pairs.domain.status import SOURCE_ACCESS, Facts, PairStatus, Reader, Standing, next_standing
from pairs.models import Access
from pairs.services.statuses import Change, set_statuses
from project.core.audit import record
from sessions.domain.health import DEAD
from sessions.models import Health, Lifecycle

ACTOR = "control"
_OUT = DEAD | {Health.DELETED}
# Only what may have to change. A pair that is on its way to another session is judged by that one.
_UNSETTLED = """
SELECT p.id, p.status, p.status_reason, p.status_code, p.status_before, p.reason_before, a.pair_id IS NOT NULL,
       s.id, s.lifecycle, s.health, s.health_reason, coalesce(x.access, 'unknown'), p.status_until
FROM pairs_pair p
LEFT JOIN pairs_assignment a ON a.pair_id = p.id
LEFT JOIN tg_sessions_telegramsession s ON s.id = coalesce(p.wanted_session_id, a.session_id)
LEFT JOIN pairs_sourceaccess x ON x.session_id = s.id AND x.source_chat = p.source_chat
WHERE p.status = 'active' AND s.id IS NOT NULL
        AND (s.health <> 'healthy' OR s.lifecycle <> 'active' OR x.access = 'banned')
   OR p.status IN ('degraded', 'disabled') AND s.id IS NOT NULL
   OR p.status = 'parked' AND a.pair_id IS NOT NULL
   OR p.status = 'error' AND p.status_code = %s AND x.access IN ('member', 'protected', 'guest')
ORDER BY p.id
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """Pairs of one session that changed together."""

    session_id: int
    before: PairStatus
    after: PairStatus
    pairs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    session_id: int
    change: Change


def settle() -> list[Settled]:
    """Brings the statuses of all pairs in line with their sessions, in one statement; what changed."""
    with transaction.atomic():
        rows = _wanted()
        changed = set(set_statuses([row.change for row in rows]))
        settled = _grouped([row for row in rows if row.change.pair_id in changed])
        for one in settled:
            record(
                actor=ACTOR,
                action="pair.status",
                target=f"session.{one.session_id}",
                before={"status": one.before.value},
                after={"status": one.after.value, "pairs": list(one.pairs)},
            )
    return settled


def _wanted() -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, [SOURCE_ACCESS])
        rows = cursor.fetchall()
    found = []
    for row in rows:
        pair_id, status, reason, code, before, reason_before, assigned, *seen = row
        session, lifecycle, health, why, access, until = seen
        now = Standing(PairStatus(status), reason, code, before, reason_before)
        facts = Facts(
            reader=reader(lifecycle, health) if assigned else Reader.NONE,
            lost=access == Access.BANNED,
            reached=access in (Access.MEMBER, Access.PROTECTED, Access.GUEST),
            explanation=_explanation(lifecycle, health, why),
        )
        wanted = next_standing(now, facts)
        if wanted is not now:
            until = until if wanted.status is PairStatus.PAUSED else None
            found.append(_Row(session, Change(pair_id, now.status, wanted, until, before)))
    return found


def reader(lifecycle: str, health: str) -> Reader:
    """What a session can do for its pairs."""
    if lifecycle in (Lifecycle.DISABLED, Lifecycle.DELETED) or health in _OUT:
        return Reader.OUT
    if lifecycle != Lifecycle.ACTIVE or health == Health.UNKNOWN:
        return Reader.UNSEEN
    return Reader.STRAINED if health == Health.UNHEALTHY else Reader.WELL


def _explanation(lifecycle: str, health: str, why: str) -> str:
    if lifecycle in (Lifecycle.DISABLED, Lifecycle.DELETED):
        return f"Its session is {lifecycle}."
    return f"Its session is {health}: {why}" if why else f"Its session is {health}."


def _grouped(rows: Sequence[_Row]) -> list[Settled]:
    groups: dict[tuple[int, PairStatus, PairStatus], list[int]] = defaultdict(list)
    for row in rows:
        groups[row.session_id, row.change.expected, row.change.standing.status].append(row.change.pair_id)
    return [Settled(*key, tuple(pairs)) for key, pairs in groups.items()]
