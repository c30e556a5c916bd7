"""A dead session's pairs go to the best sessions that can read their sources, pair by pair.

Each goes on at the same source message: its cursor and journal are its own, whoever reads. What finds no stand-in stays
with its session, `disabled`, and returns with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from pairs.domain.moves import MovingPair
from pairs.services.commits import commit
from pairs.services.selection import moving_pairs
from pairs.services.standins import find_stand_ins
from project.core import operations
from project.core.clock import database_now
from project.core.errors import Conflict, NotFound
from project.core.operations import lasting_operations
from project.core.words import counted
from sessions.models import TelegramSession
from sessions.services.finding import find_session

KIND = "pairs.failover"
REMEMBERED = timedelta(days=7)
_TRIES = 3  # plans that may be overtaken by other changes


@dataclass(frozen=True, slots=True)
class Moved:
    """A pair that another session is to have; the hand-over is on its way. Sessions by name."""

    pair_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Left:
    """A pair without a stand-in, and why."""

    pair_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class FailOverReport:
    """What became of each pair. `operation_id` is the way back, None when nothing moved."""

    session: str
    moved: tuple[Moved, ...]
    left: tuple[Left, ...]
    operation_id: int | None


def fail_over(session_id: int, *, actor: str, reason: str, only: Collection[int] | None = None) -> FailOverReport:
    """Gives every living pair of the session, or `only` these, to another one, as far as one can take it. Blocks up to
    ten seconds.

    Called again it only looks after what was left. The dead session's process, or without one any node, hands the pairs
    over (docs/explanation/ownership.md). Raises NotFound, and Conflict when the tables change faster than it plans.
    """
    session = TelegramSession.objects.filter(pk=session_id).first()
    if session is None:
        raise NotFound(f"There is no session {session_id}.")
    for attempt in range(1, _TRIES + 1):
        try:
            return _fail_over(session, actor=actor, reason=reason, only=only)
        except Conflict:
            if attempt == _TRIES:
                raise
    raise AssertionError("it returned or raised")


def foresee(name: str) -> FailOverReport:
    """Where each pair of the session would go if it died now; changes nothing. Raises NotFound."""
    session = find_session(name)
    pairs = pairs_of(session.pk)
    found = find_stand_ins(pairs, without={session.pk})
    moved = tuple(Moved(move.pair_id, move.before, move.after) for move in found.moves)
    return FailOverReport(session.name, moved, tuple(Left(one.pair_id, one.reason) for one in found.left), None)


def way_back(session_id: int) -> tuple[int, ...]:
    """Pairs that fail-overs of the last week took from the session and that are still where they went: /changesession
    brings them back."""
    went: dict[int, int] = {}
    for operation in lasting_operations(KIND, since=database_now() - REMEMBERED):
        moves: list[list[int]] = operation.payload["moves"]
        went |= {pair: after for pair, before, after in moves if before == session_id}
    pairs = moving_pairs(Q(pk__in=list(went)))
    return tuple(pair.id for pair in pairs if (pair.wanted_id or pair.session_id) == went[pair.id])


def untold_moves() -> dict[int, FailOverReport]:
    """By session: the pairs that fail-overs gave to others and nobody has told of yet, whoever was killed meanwhile.
    Locked in the caller's transaction, which posts the notice and calls `mark_told`."""
    moves: dict[int, list[tuple[int, int]]] = defaultdict(list)
    newest: dict[int, int] = {}
    for operation in operations.untold_operations(KIND):
        number = int(operation.untold.partition(".")[2])
        moves[number] += [(pair, after) for pair, _, after in operation.payload["moves"]]
        newest[number] = operation.id
    ids = {*moves, *(after for went in moves.values() for _, after in went)}
    names = dict(TelegramSession.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {
        number: FailOverReport(
            session=names.get(number, ""),
            moved=tuple(Moved(pair, names.get(number, ""), names.get(after, "")) for pair, after in went),
            left=(),
            operation_id=newest[number],
        )
        for number, went in moves.items()
    }


def mark_told(session_ids: Collection[int]) -> None:
    """People heard of the fail-overs of these sessions, in the caller's transaction."""
    told = {f"session.{number}" for number in session_ids}
    if told:
        operations.mark_told([one.id for one in operations.untold_operations(KIND) if one.untold in told])


def pairs_of(session_id: int) -> list[MovingPair]:
    """Living pairs that the session has or is to have, without those that are leaving it."""
    stay = Q(assignment__session_id=session_id) & (Q(wanted_session=None) | Q(wanted_session_id=session_id))
    return moving_pairs(stay | Q(wanted_session_id=session_id))


def _fail_over(session: TelegramSession, *, actor: str, reason: str, only: Collection[int] | None) -> FailOverReport:
    pairs = [pair for pair in pairs_of(session.pk) if only is None or pair.id in only]
    found = find_stand_ins(pairs, without={session.pk})
    operation = None
    if found.moves:
        title = f"{counted(len(found.moves), 'pair')} away from {session.name}"
        operation = commit(found.moves, actor=actor, kind=KIND, title=title, reason=reason, untold=session.account)
    return FailOverReport(
        session=session.name,
        moved=tuple(Moved(move.pair_id, move.before, move.after) for move in found.moves),
        left=tuple(Left(one.pair_id, one.reason) for one in found.left),
        operation_id=operation.id if operation else None,
    )
