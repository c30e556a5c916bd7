"""Every change of a pair's status beside the lanes' own: what people ask for, and what the system does and takes back.

Each change is compare-and-set: a pair that is no longer what it was expected to be stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from pairs.domain.status import PairStatus, Standing, parked
from pairs.models import Pair
from project.core import notices
from project.core.audit import record

_SET = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                         %s::timestamptz[], %s::text[])
        AS w(id, expected, status, reason, code, before, reason_before, until, was)
), locked AS MATERIALIZED (
    SELECT p.id FROM pairs_pair p JOIN wanted w ON w.id = p.id AND p.status = w.expected
        AND p.status_before = coalesce(w.was, p.status_before)
    ORDER BY p.id FOR NO KEY UPDATE OF p
), changed AS (
    UPDATE pairs_pair p
    SET status = w.status, status_reason = w.reason, status_code = w.code, status_before = w.before,
        reason_before = w.reason_before, status_until = w.until
    FROM wanted w JOIN locked l ON l.id = w.id WHERE p.id = l.id AND p.status = w.expected
        AND p.status_before = coalesce(w.was, p.status_before)
    RETURNING p.id, p.sender_id
), told AS (
    SELECT count(pg_notify('relay_wake', n.who)) AS times FROM (
        SELECT 'session.' || a.session_id AS who FROM changed c JOIN pairs_assignment a ON a.pair_id = c.id
        UNION SELECT 'sender.' || c.sender_id FROM changed c WHERE c.sender_id IS NOT NULL) n
)
SELECT coalesce((SELECT array_agg(id ORDER BY id) FROM changed), '{}'), (SELECT times FROM told)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One pair from the status it is `expected` to have to another. `until` goes with a pause. `was`: what a parked
    pair is expected to become again, where that matters: a person may pause it meanwhile."""

    pair_id: int
    expected: PairStatus
    standing: Standing
    until: datetime | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of several pairs. `unchanged`: (pair, why not), for people."""

    changed: tuple[int, ...]
    unchanged: tuple[tuple[int, str], ...] = ()


def set_statuses(changes: Sequence[Change]) -> tuple[int, ...]:
    """Writes them in one statement within the caller's transaction, and wakes who works these pairs; the pairs that
    changed. Writing down who did it is the caller's business."""
    if not changes:
        return ()
    standings = [change.standing for change in changes]
    with connection.cursor() as cursor:
        cursor.execute(
            _SET,
            [
                [change.pair_id for change in changes],
                [change.expected.value for change in changes],
                [standing.status.value for standing in standings],
                [standing.reason[:300] for standing in standings],
                [standing.code[:64] for standing in standings],
                [standing.before for standing in standings],
                [standing.reason_before[:300] for standing in standings],
                [change.until for change in changes],
                [change.was for change in changes],
            ],
        )
        row = cursor.fetchone()
    done = tuple(row[0]) if row else ()
    again = {change.pair_id for change in changes if change.expected == PairStatus.ERROR != change.standing.status}
    if again.intersection(done):
        notices.end(*(f"pair.{number}" for number in sorted(again.intersection(done))))
    return done


def pause(pair_ids: Collection[int], *, actor: str, reason: str = "", until: datetime | None = None) -> StatusReport:
    """A person stops pairs, for good or until a time; their cursors stay. A parked one stays paused when it returns."""
    return _by_person("pair.pause", pair_ids, actor, lambda pair: _paused(pair, reason, until))


def resume(pair_ids: Collection[int], *, actor: str, reason: str = "") -> StatusReport:
    """A person lets paused pairs, and pairs that stopped in `error`, go on from their cursors."""
    return _by_person("pair.resume", pair_ids, actor, _resumed, reason=reason)


def park(pair_ids: Collection[int], *, actor: str, reason: str) -> StatusReport:
    """Pairs that lose their session, in the transaction that takes it from them. What they were comes back by itself
    when they get an assignment again."""
    return _by_person("pair.park", pair_ids, actor, lambda pair: _parked(pair, reason), reason=reason)


def resume_expired(now: datetime) -> tuple[int, ...]:
    """Pauses whose time is over."""
    over = Q(status=PairStatus.PAUSED, status_until__lte=now)
    ids = list(Pair.objects.filter(over).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return ()
    return _by_person("pair.resume", ids, "control", _resumed, reason="its time is over", among=over).changed


def standing_of(pair: Pair) -> Standing:
    """The row as the pure rules see it."""
    return Standing(
        PairStatus(pair.status), pair.status_reason, pair.status_code, pair.status_before, pair.reason_before
    )


# --- what people ask for


_ToChange = Callable[[Pair], "Change"]


class _No(Exception):
    """Why a pair's status cannot change in this way."""


def _paused(pair: Pair, reason: str, until: datetime | None) -> Change:
    if pair.status == PairStatus.PARKED:
        standing = replace(standing_of(pair), before=PairStatus.PAUSED.value, reason_before=reason)
    else:
        standing = Standing(PairStatus.PAUSED, reason)
    return Change(pair.pk, PairStatus(pair.status), standing, until)


def _resumed(pair: Pair) -> Change:
    if pair.status == PairStatus.PARKED and pair.status_before:
        return Change(pair.pk, PairStatus.PARKED, Standing(PairStatus.PARKED, pair.status_reason))
    if pair.status not in (PairStatus.PAUSED, PairStatus.ERROR):
        raise _No(f"it is {pair.status}, neither paused nor stopped by an error")
    return Change(pair.pk, PairStatus(pair.status), Standing(PairStatus.ACTIVE))


def _parked(pair: Pair, reason: str) -> Change:
    standing = parked(standing_of(pair), reason)
    if standing.status is PairStatus(pair.status):
        raise _No("it is parked already")
    return Change(pair.pk, PairStatus(pair.status), standing, pair.status_until)


def _by_person(
    action: str, pair_ids: Collection[int], actor: str, change: _ToChange, *, reason: str = "", among: Q | None = None
) -> StatusReport:
    """`among`: what has to hold still once the pairs are locked, as somebody may just have paused one anew."""
    with transaction.atomic():
        rows = Pair.objects.select_for_update(no_key=True).filter(among or Q(), pk__in=list(pair_ids)).order_by("pk")
        pairs = {pair.pk: pair for pair in rows}
        changes, refused = _changes(sorted(set(pair_ids)), pairs, change)
        changed = set_statuses(changes)
        for one in changes:
            if one.pair_id in changed:
                _record(action, one, actor, reason)
    late = [(one.pair_id, "its status has just changed") for one in changes if one.pair_id not in changed]
    return StatusReport(changed, tuple(sorted([*refused, *late])))


def _changes(
    ids: Iterable[int], pairs: dict[int, Pair], change: _ToChange
) -> tuple[list[Change], list[tuple[int, str]]]:
    changes, refused = [], []
    for pair_id in ids:
        pair = pairs.get(pair_id)
        if pair is None or pair.status == PairStatus.REMOVED:
            refused.append((pair_id, "there is no such pair" if pair is None else "it was removed"))
            continue
        try:
            changes.append(change(pair))
        except _No as error:
            refused.append((pair_id, str(error)))
    return changes, refused


def _record(action: str, change: Change, actor: str, reason: str) -> None:
    record(
        actor=actor,
        action=action,
        target=f"pair.{change.pair_id}",
        before={"status": change.expected.value},
        after={"status": change.standing.status.value} | ({"until": change.until.isoformat()} if change.until else {}),
        reason=reason or change.standing.reason,
    )
