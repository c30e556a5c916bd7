"""Worker groups as they should be: the plan of workers/domain/groups.py, written to the pairs' assignments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from pairs.models import Assignment
from project.core.audit import record
from project.core.config import current
from sessions.services.login import wake
from workers.domain.groups import plan_groups
from workers.models import GroupState, WorkerGroup

SYSTEM = "system"

_SIZED = """
WITH sized AS (
    SELECT a.session_id, a."group" AS number, count(*) AS size
    FROM pairs_assignment a JOIN pairs_pair p ON p.id = a.pair_id
    WHERE p.status <> 'removed' GROUP BY a.session_id, a."group"
)
"""
# Sizes that ask for a plan, groups without a row, rows without a group.
_CHANGED = (
    _SIZED
    + """
SELECT session_id FROM sized GROUP BY session_id
HAVING max(size) > %(limit)s OR max(size) - min(size) > %(threshold)s
    OR count(*) > 1 AND sum(size) + %(threshold)s <= %(limit)s * (count(*) - 1)
UNION
SELECT coalesce(sized.session_id, kept.session_id)
FROM sized FULL JOIN workers_workergroup kept ON kept.session_id = sized.session_id AND kept.number = sized.number
WHERE kept.id IS NULL OR sized.size IS NULL
ORDER BY 1
"""
)
_MOVE = """
UPDATE pairs_assignment a SET "group" = plan.after
FROM unnest(%(pairs)s::bigint[], %(sessions)s::bigint[], %(before)s::smallint[], %(after)s::smallint[])
    AS plan (pair_id, session_id, before, after)
WHERE a.pair_id = plan.pair_id AND a.session_id = plan.session_id AND a."group" = plan.before
RETURNING a.session_id
"""

Groups = dict[int, dict[int, int]]  # session -> pair -> group


@dataclass(frozen=True, slots=True)
class Regrouped:
    """A session whose pairs changed groups: how many, and each group's pairs before and after, by its number."""

    session: int
    moved: int
    before: Mapping[int, int]
    after: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What a re-planning changed; sessions where nothing moved are not named."""

    sessions: tuple[Regrouped, ...]

    @property
    def moved(self) -> int:
        """Pairs that have another group now."""
        return sum(session.moved for session in self.sessions)


def replan_changed(*, actor: str = SYSTEM) -> GroupPlan:
    """Re-plan the sessions whose groups are too large, uneven or underused, or whose rows do not fit their pairs. One
    query when nothing changed."""
    with connection.cursor() as cursor:
        config = current()
        limits = {"limit": config.max_pairs_per_worker, "threshold": config.rebalance_threshold}
        cursor.execute(_CHANGED, limits)
        changed = [row[0] for row in cursor.fetchall()]
    return replan(changed, actor=actor)


def replan(session_ids: Collection[int], *, actor: str = SYSTEM) -> GroupPlan:
    """Give the pairs of these sessions the groups of the plan: one statement moves them all. A pair that somebody
    moved meanwhile is left alone; the next look finds what is uneven then. Nothing is lost by it: a pair's lanes run
    on in the same process."""
    if not session_ids:
        return GroupPlan(())
    with transaction.atomic():
        before = _assigned(session_ids)
        after = {session: _plan(pairs) for session, pairs in before.items()}
        moved = _move(before, after)
        _keep_rows(session_ids, after)
        changed = tuple(
            Regrouped(session, count, _sizes(before[session]), _sizes(after[session]))
            for session, count in sorted(moved.items())
        )
        for session in changed:
            _tell(session, actor)
    return GroupPlan(changed)


def _assigned(session_ids: Collection[int]) -> Groups:
    groups: Groups = {}
    living = Assignment.living().filter(session_id__in=session_ids)
    for session, pair, group in living.values_list("session_id", "pair_id", "group"):
        groups.setdefault(session, {})[pair] = group
    return groups


def _plan(pairs: Mapping[int, int]) -> dict[int, int]:
    config = current()
    return plan_groups(pairs, limit=config.max_pairs_per_worker, threshold=config.rebalance_threshold)


def _move(before: Groups, after: Groups) -> Counter[int]:
    moves = [
        (pair, session, before[session][pair], group)
        for session, pairs in after.items()
        for pair, group in pairs.items()
        if before[session][pair] != group
    ]
    if not moves:
        return Counter()
    columns = zip(("pairs", "sessions", "before", "after"), map(list, zip(*moves, strict=True)), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, dict(columns))
        return Counter(row[0] for row in cursor.fetchall())


def _keep_rows(session_ids: Collection[int], groups: Groups) -> None:
    """A row for each group that has pairs, and for no other."""
    numbers = {session: set(pairs.values()) for session, pairs in groups.items()}
    used = Q(pk__in=())
    for session, of_it in numbers.items():
        used |= Q(session_id=session, number__in=of_it)
    WorkerGroup.objects.filter(session_id__in=session_ids).exclude(used).delete()
    wanted = [
        WorkerGroup(session_id=session, number=number, state=GroupState.PLANNED, heartbeat_at=Now())
        for session, of_it in numbers.items()
        for number in sorted(of_it)
    ]
    WorkerGroup.objects.bulk_create(wanted, ignore_conflicts=True)


def _sizes(pairs: Mapping[int, int]) -> dict[int, int]:
    return dict(sorted(Counter(pairs.values()).items()))


def _tell(session: Regrouped, actor: str) -> None:
    target = f"session.{session.session}"
    record(actor=actor, action="groups.replan", target=target, before=session.before, after=session.after)
    wake(target)
