"""How far the moves of an operation are, stopping them, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Q

from pairs.domain.moves import MovePlan, MovingPair, Refused, pairs_named
from pairs.models import Pair
from pairs.services.commits import commit, wake_all
from pairs.services.moving import plan_moves
from pairs.services.placing import candidates
from pairs.services.selection import moving_pairs
from project.core import operations
from project.core.errors import ManyProblems
from project.core.models import OperationState
from project.core.operations import OperationView, find_operation
from project.core.words import counted, few

UNDO = "pairs.undo"
_NAMED = 3  # sessions in a title


@dataclass(frozen=True, slots=True)
class Moving:
    """An operation and its pairs: `waiting` for their hand-over, or `given_up` because somebody wants them elsewhere or
    removed them."""

    operation: OperationView
    waiting: tuple[int, ...]
    given_up: tuple[int, ...]


def look(operation_id: int) -> Moving:
    """Counts what has changed hands, and ends the operation when nothing is left to wait for. Raises NotFound."""
    operation = find_operation(operation_id)
    if not operation.running:
        return Moving(operation, (), ())
    targets = _targets(operation)
    rows = {pair.id: pair for pair in moving_pairs(Q(pk__in=list(targets)))}
    waiting = tuple(pair.id for pair in rows.values() if pair.session_id != pair.wanted_id == targets[pair.id])
    there = sum(pair.session_id == targets[pair.id] for pair in rows.values())
    given_up = tuple(
        pair
        for pair, target in targets.items()
        if pair not in waiting and (pair not in rows or rows[pair].session_id != target)
    )
    operation = operations.advance(operation_id, done=there, failed=len(given_up))
    if waiting:
        return Moving(operation, waiting, given_up)
    note = f"Moved elsewhere or removed meanwhile: {pairs_named(given_up)}." if given_up else ""
    return Moving(operations.finish(operation_id, OperationState.DONE, note=note), (), given_up)


def look_at_all() -> None:
    """Ends the operations that have come to their end while nobody looked."""
    for operation in operations.running_operations():
        if "moves" in operation.payload:
            look(operation.id)


def stop(operation_id: int, *, actor: str) -> OperationView:
    """Withdraws what has not changed hands yet; the rest stays moved. Raises NotFound and Conflict."""
    targets = _targets(find_operation(operation_id))
    with transaction.atomic():
        operations.stop(operation_id, actor=actor)
        mine = _of_target(targets)
        owners = (
            Pair.objects.select_for_update(of=("self",), no_key=True)
            .filter(mine)
            .values_list("pk", "assignment__session_id", "wanted_session_id")
        )
        open_ = {pair: owner for pair, owner, wanted in owners.order_by("pk") if owner and wanted not in (None, owner)}
        Pair.objects.filter(pk__in=list(open_)).update(wanted_session=None)
        wake_all({f"session.{owner}" for owner in open_.values()})
        done = len(targets) - len(open_)
        operations.advance(operation_id, done=done)
        note = f"Stopped: {done} of {counted(len(targets), 'pair')} had moved."
        return operations.finish(operation_id, OperationState.STOPPED, note=note)


def plan_undo(operation_id: int) -> MovePlan:
    """What taking the moves back would do, with the same pre-flight as any move; changes nothing.

    Raises NotFound, and Conflict when it is too late or was done.
    """
    operation = find_operation(operation_id)
    operations.require_undo(operation)
    return _plan_undo(operation)


def undo(operation_id: int, *, actor: str, partly: bool = False) -> OperationView | None:
    """Moves the pairs back, within an hour: all or none, or with `partly` those that can. None when all are back.

    Raises NotFound, Conflict when it is too late or was done, and ManyProblems with every pair that cannot go back.
    """
    plan = plan_undo(operation_id)  # before the transaction: an account answers what is committed
    if plan.refused and not partly:
        raise ManyProblems(plan.problems, hint="Nothing was changed.")
    with transaction.atomic():
        operations.take_undo(operation_id)
        if not plan.moves:
            return None
        title = f"{counted(len(plan.moves), 'pair')} back to {few(sorted({move.after for move in plan.moves}), _NAMED)}"
        return commit(plan.moves, actor=actor, kind=UNDO, title=title, reason=f"undo of operation {operation_id}")


def _plan_undo(operation: OperationView) -> MovePlan:
    """Pairs that were moved on since then, or removed, stay where they are."""
    went = _targets(operation)
    back = {int(pair): int(session) for pair, session in (operation.undo or {}).get("moves", ())}
    rows = moving_pairs(Q(pk__in=list(back)))
    stayed = [pair for pair in rows if _place(pair) == went[pair.id]]
    living = {one.session_id for one in candidates()}
    pairs = [pair for pair in stayed if back[pair.id] in living]
    plan = plan_moves(pairs, {pair.id: back[pair.id] for pair in pairs}, trust_refusals=False)
    elsewhere = [
        Refused(pair.id, "it was moved on meanwhile")
        for pair in rows
        if _place(pair) not in (went[pair.id], back[pair.id])
    ]
    orphans = [Refused(pair.id, "its session was deleted") for pair in stayed if back[pair.id] not in living]
    return replace(plan, refused=(*plan.refused, *elsewhere, *orphans))


def _place(pair: MovingPair) -> int | None:
    """Who has the pair, or is to have it."""
    return pair.wanted_id or pair.session_id


def _targets(operation: OperationView) -> dict[int, int]:
    moves: Sequence[Sequence[int]] = operation.payload.get("moves", ())
    return {int(pair): int(after) for pair, _, after in moves}


def _of_target(targets: Mapping[int, int]) -> Q:
    """Pairs that are still wanted where the operation wants them."""
    wanted = Q(pk__in=())
    for session in set(targets.values()):
        wanted |= Q(pk__in=[pair for pair, target in targets.items() if target == session], wanted_session=session)
    return wanted
