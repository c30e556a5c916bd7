"""Pairs without a session: parking them, and finding them another session as soon as there is one."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import Q

from pairs.models import Pair, PairStatus
from pairs.services.commits import commit, posting
from pairs.services.placing import candidates
from pairs.services.selection import moving_pairs
from pairs.services.standins import find_stand_ins
from pairs.services.statuses import park
from project.core.errors import Conflict
from project.core.operations import OperationView
from sessions.domain.choice import Candidate, unfit

KIND = "pairs.unpark"
AGAIN = 60.0  # seconds between two searches while nothing has changed

# Waits for every write in flight, as a hand-over does; the generation goes on with the next assignment. That a post
# stands is still written down by whoever made it; `commits` gives nobody the pair while one may be under way.
_RELEASE = """
WITH pairs AS MATERIALIZED (
    SELECT p.id FROM pairs_pair p WHERE p.id = ANY(%s) AND p.status = 'parked' ORDER BY p.id FOR NO KEY UPDATE OF p
), gone AS (
    DELETE FROM pairs_assignment a USING pairs p WHERE a.pair_id = p.id RETURNING a.pair_id, a.generation
)
UPDATE pairs_pair p SET parked_generation = g.generation, wanted_session_id = NULL FROM gone g WHERE p.id = g.pair_id
"""


@dataclass(slots=True)
class _Search:
    """The last search in this process: what it had to choose from, and when (monotonic)."""

    pairs: tuple[int, ...] = ()
    usable: tuple[Candidate, ...] = ()
    at: float = float("-inf")


_last = _Search()


def park_pairs(pairs: Collection[int], *, actor: str, reason: str) -> None:
    """Takes pairs from their session, in the caller's transaction. Their cursors stay; nothing is journaled."""
    if pairs:
        park(pairs, actor=actor, reason=reason)
        with connection.cursor() as cursor:
            cursor.execute(_RELEASE, [sorted(pairs)])


def place_parked(*, actor: str = "control", now: float | None = None) -> OperationView | None:
    """Gives parked pairs to sessions that can take them, as far as there are any; None when nothing was to be done.

    Cheap to call every few seconds: while neither the pairs nor the sessions have changed it searches once a minute,
    and asks again after ten what it was refused. `now` is monotonic seconds. The pairs go on from their cursors; what a
    person had paused stays paused.
    """
    moment = time.monotonic() if now is None else now
    parked = Pair.objects.filter(status=PairStatus.PARKED, assignment=None)
    waiting = tuple(parked.order_by("pk").values_list("pk", flat=True))
    if not waiting:
        return None
    usable = tuple(replace(one, access={}) for one in candidates() if not unfit(one) and one.free)
    same = (waiting, usable) == (_last.pairs, _last.usable)
    if same and moment - _last.at < AGAIN:
        return None
    _last.pairs, _last.usable, _last.at = waiting, usable, moment
    return _place(waiting, actor, trust_refusals=same) if usable else None


def _place(waiting: Collection[int], actor: str, *, trust_refusals: bool) -> OperationView | None:
    free = moving_pairs(Q(pk__in=set(waiting) - posting(waiting)))
    found = find_stand_ins(free, without=(), trust_refusals=trust_refusals)
    if not found.moves:
        return None
    title = f"{len(found.moves)} parked pairs placed"
    try:
        return commit(found.moves, actor=actor, kind=KIND, title=title, reason="a session has room for them")
    except Conflict:  # something changed meanwhile; the next call sees it
        return None
