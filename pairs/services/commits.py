"""Writing moves: one transaction, a handful of statements however many pairs. The owners hand over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from pairs.domain.moves import Move, pairs_named
from pairs.models import PairStatus
from pairs.services.placing import candidates
from project.core.audit import Change, record_changes
from project.core.errors import Conflict
from project.core.operations import OperationView, begin, new_correlation_id
from project.core.words import few
from sessions.domain.choice import unfit
from sessions.models import TelegramSession

AUDITED = "pair.session"

_LOCK = "SELECT 1 FROM pairs_pair WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# A statement of its own: one that waited for the lock sees the locked row anew, but not the rows it is joined with.
_NOW = """
SELECT p.id, p.status, coalesce(a.generation, 0), p.wanted_session_id, s.name FROM pairs_pair p
LEFT JOIN pairs_assignment a ON a.pair_id = p.id LEFT JOIN tg_sessions_telegramsession s ON s.id = p.wanted_session_id
WHERE p.id = ANY(%s)
"""
# Asking for the session that has the pair takes an earlier wish back.
_WISH = """
UPDATE pairs_pair p SET wanted_session_id = nullif(m.target, a.session_id)
FROM unnest(%s::bigint[], %s::bigint[]) AS m(pair_id, target) JOIN pairs_assignment a ON a.pair_id = m.pair_id
WHERE p.id = m.pair_id
"""
# Nobody has to give a parked pair away. The generation goes on, so that no late write of an old owner fits.
_ASSIGN = """
INSERT INTO pairs_assignment (pair_id, session_id, "group", generation)
SELECT p.id, m.target, coalesce((
    SELECT o."group" FROM pairs_assignment o WHERE o.session_id = m.target
    GROUP BY o."group" ORDER BY count(*), o."group" LIMIT 1), 1), p.parked_generation + 1
FROM unnest(%s::bigint[], %s::bigint[]) AS m(pair_id, target) JOIN pairs_pair p ON p.id = m.pair_id
"""
# A post of unknown outcome that may still arrive: whoever looked for it now would look too early.
_POSTING = """
SELECT DISTINCT pair_id FROM pairs_delivery
WHERE pair_id = ANY(%s) AND state = 'sending' AND attempted_at > clock_timestamp() - interval '60 seconds'
"""
_SHOWN = 10  # pairs of a list
_WAKE = "SELECT pg_notify('relay_wake', who) FROM unnest(%s::text[]) AS n(who)"


@dataclass(frozen=True, slots=True)
class _Now:
    """A pair's row, locked. `wanted` names who is to have it."""

    status: str
    generation: int
    wanted_id: int | None
    wanted: str | None


def commit(
    moves: Sequence[Move],
    *,
    actor: str,
    kind: str,
    title: str,
    reason: str = "",
    correlation_id: str = "",
    untold: str = "",
) -> OperationView:
    """Writes all of the moves or none; each has an audit event, and they share one correlation id and an undo.
    `untold`: the key of the notice that people are to get (`project.core.operations`).

    Raises Conflict when something changed since they were planned: the target's state or seats, a pair, or who is to
    have it. Of two wishes for one pair the first is heard.
    """
    correlation_id = correlation_id or new_correlation_id()
    with transaction.atomic():
        _check_targets(moves)
        _check_pairs(moves)
        _write([move for move in moves if move.before_id is not None], _WISH)
        _write([move for move in moves if move.before_id is None], _ASSIGN)
        record_changes(
            (Change(f"pair.{move.pair_id}", _named(move.before), _named(move.after)) for move in moves),
            actor=actor,
            action=AUDITED,
            reason=reason,
            correlation_id=correlation_id,
        )
        operation = begin(
            kind=kind,
            title=title,
            actor=actor,
            total=len(moves),
            payload={"moves": [[move.pair_id, move.before_id, move.after_id] for move in moves]},
            undo=_way_back(moves),
            correlation_id=correlation_id,
            untold=untold,
        )
        wake_all({f"session.{number}" for move in moves for number in (move.before_id, move.after_id) if number})
    return operation


def wake_all(accounts: Collection[str]) -> None:
    """Tells the nodes of these accounts, and the planners, that rows changed; at commit."""
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, [[*sorted(accounts), "placements"]])


def posting(pairs: Collection[int]) -> set[int]:
    """Those of the pairs with a post under way. Nobody may be given a parked one until it is over: its last owner did
    not drain for somebody."""
    with connection.cursor() as cursor:
        cursor.execute(_POSTING, [list(pairs)])
        return {row[0] for row in cursor.fetchall()}


def _check_targets(moves: Sequence[Move]) -> None:
    """Locks the sessions, so that two moves cannot take the same last seat. Not their keys: a hand-over to one of them
    holds its pairs already, and we come for pairs next."""
    coming = Counter(move.after_id for move in moves if move.before_id != move.after_id)
    ids = sorted({move.after_id for move in moves})
    locked = TelegramSession.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    list(locked.values_list("pk", flat=True))
    targets = {one.session_id: one for one in candidates()}
    for number in ids:
        target = targets.get(number)
        state = unfit(target) if target else "deleted"
        if target is None or (state and coming[number]):
            raise Conflict(f"The session is {state} by now.", hint="Nothing was changed; ask again.")
        if coming[number] > target.free:
            raise Conflict(
                f"{target.name} has {target.free} free seats by now, {coming[number]} are needed.",
                hint="Nothing was changed; ask again.",
            )


def _check_pairs(moves: Sequence[Move]) -> None:
    with connection.cursor() as cursor:
        ids = [move.pair_id for move in moves]
        cursor.execute(_LOCK, [ids])
        cursor.execute(_NOW, [ids])
        now = {pair: _Now(*row) for pair, *row in cursor.fetchall()}
    late = [move.pair_id for move in moves if _is_late(move, now)]
    moving = [f"pair {number} is already moving to {now[number].wanted}" for number in late]
    if moving:
        raise Conflict(f"Meanwhile {few(moving, _SHOWN)}.", hint="Nothing was changed; ask again when that is done.")
    changed = [move.pair_id for move in moves if not _is_as_planned(move, now)]
    if changed:
        raise Conflict(f"Meanwhile changed: {pairs_named(changed)}.", hint="Nothing was changed; ask again.")
    busy = posting([move.pair_id for move in moves if move.before_id is None])
    if busy:
        raise Conflict(f"A post is under way: {pairs_named(busy)}.", hint="Nothing was changed; ask again in a minute.")


def _is_late(move: Move, now: Mapping[int, _Now]) -> bool:
    """Somebody else's wish came first, and its hand-over is under way."""
    pair = now.get(move.pair_id)
    return pair is not None and pair.generation == move.generation and pair.wanted_id not in (None, move.wanted_id)


def _is_as_planned(move: Move, now: Mapping[int, _Now]) -> bool:
    pair = now.get(move.pair_id)
    if pair is None or pair.status == PairStatus.REMOVED:
        return False
    return (pair.generation, pair.wanted_id) == (move.generation, move.wanted_id)


def _write(moves: Sequence[Move], statement: str) -> None:
    if moves:
        with connection.cursor() as cursor:
            cursor.execute(statement, [[move.pair_id for move in moves], [move.after_id for move in moves]])


def _named(session: str) -> dict[str, str]:
    return {"session": session}


def _way_back(moves: Sequence[Move]) -> dict[str, list[list[int]]] | None:
    back = [[move.pair_id, move.before_id] for move in moves if move.before_id is not None]
    return {"moves": back} if back else None
