"""Deleting a session: its pairs go elsewhere or are parked, then it is logged out and its secret destroyed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from pairs.domain.moves import MovingPair, Refused, grouped, pairs_named
from pairs.models import Pair
from pairs.services.commits import commit
from pairs.services.failover import pairs_of
from pairs.services.parked import park_pairs
from pairs.services.selection import moving_pairs
from pairs.services.standins import Placement, find_stand_ins
from project.core import operations
from project.core.errors import Conflict, RelayError
from project.core.models import OperationState
from project.core.operations import OperationView
from project.core.stopping import pause
from project.core.words import counted
from sessions.services.finding import find_session
from sessions.services.removal import Removed, remove_session_row

KIND = "session.delete"  # of the moves
DELETION = "session.deletion"  # of the whole
HAND_OVER = 45.0  # seconds; an owner looks every 15 and drains for 8, a dead one is noticed within 15
_STEP = 0.25


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What deleting a session would do to its pairs. `leaving`: those on their way to another session already."""

    session_id: int
    name: str
    pairs: tuple[MovingPair, ...]
    leaving: tuple[int, ...]
    placement: Placement

    @property
    def parked(self) -> tuple[Refused, ...]:
        """Pairs that fit nowhere, and why; one that is only on its way to the session stays where it is."""
        its_own = {pair.id for pair in self.pairs if pair.session_id == self.session_id}
        return tuple(left for left in self.placement.left if left.pair_id in its_own)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion under way: its pairs are leaving. `moves` is None when none had to; `whole` is the deletion itself,
    which control ends when nothing is heard of it any more."""

    plan: DeletionPlan
    moves: OperationView | None
    whole: OperationView


def plan_deletion(name: str) -> DeletionPlan:
    """Where the session's pairs would go; changes nothing. Blocks up to ten seconds. Raises NotFound."""
    session = find_session(name)
    pairs = pairs_of(session.pk)
    away = Q(assignment__session=session, wanted_session__isnull=False) & ~Q(wanted_session=session)
    leaving = tuple(pair.id for pair in moving_pairs(away))
    return DeletionPlan(session.pk, session.name, tuple(pairs), leaving, find_stand_ins(pairs, without={session.pk}))


def begin_deletion(*, actor: str, name: str, force: bool = False, reason: str = "") -> Deletion:
    """Sends the session's pairs to other sessions, never back to it, all in one transaction; what fits nowhere goes on
    for the moment. `finish_deletion` does the rest once `hand_overs_left` is 0.

    Raises NotFound, and Conflict without `force` while it has pairs that were not removed, listing them.
    """
    plan = plan_deletion(name)
    carried = sorted([*(pair.id for pair in plan.pairs), *plan.leaving])
    if carried and not force:
        raise Conflict(
            f"Session {plan.name} still carries {pairs_named(carried)}.",
            hint=f"/deletesession {plan.name} force moves them to other sessions; /changesession does it by hand.",
        )
    with transaction.atomic():
        moves = _send_away(plan, actor=actor, reason=reason) if plan.placement.moves else None
        others = {left.pair_id for left in plan.placement.left} - {left.pair_id for left in plan.parked}
        Pair.objects.filter(pk__in=others, wanted_session=plan.session_id).update(wanted_session=None)
        return Deletion(plan, moves, _begun(plan, actor=actor))


def _begun(plan: DeletionPlan, *, actor: str) -> OperationView:
    leaving = len(plan.pairs) + len(plan.leaving) - len(plan.parked)
    about = {"session": plan.session_id, "name": plan.name}
    title = f"Deletion of session {plan.name}"
    return operations.begin(kind=DELETION, title=title, actor=actor, total=max(0, leaving), payload=about)


def hand_overs_left(deletion: Deletion) -> int:
    """Pairs that the session still has, without those to be parked. Whoever waits asks again and again, which tells
    that somebody does."""
    parked = [left.pair_id for left in deletion.plan.parked]
    having = Pair.living().filter(assignment__session=deletion.plan.session_id)
    left = having.exclude(pk__in=parked).count()
    operations.advance(deletion.whole.id, done=max(0, deletion.whole.total - left))
    return left


def finish_deletion(deletion: Deletion, *, actor: str, reason: str = "") -> Removed:
    """Parks what fits nowhere, logs the session out and destroys its secret; blocks up to half a minute.

    Raises NotFound, and Conflict while another pair is still with it.
    """
    plan, whole = deletion.plan, deletion.whole
    try:
        with transaction.atomic():
            for why, pairs in grouped(_left_behind(plan)).items():
                park_pairs(pairs, actor=actor, reason=f"Session {plan.name} was deleted: {why}.")
        removed = remove_session_row(actor=actor, session_id=plan.session_id, reason=reason)
    except RelayError as error:
        operations.finish(whole.id, OperationState.FAILED, note=error.message)
        raise
    operations.finish(whole.id, OperationState.DONE, note=removed.note)
    return removed


def _left_behind(plan: DeletionPlan) -> list[Refused]:
    """What has to be parked, locked; not what somebody gave another session since it was planned."""
    stays = Q(assignment__session=plan.session_id) & (Q(wanted_session=None) | Q(wanted_session=plan.session_id))
    rows = Pair.objects.select_for_update(no_key=True, of=("self",)).filter(
        stays, pk__in=[p.pair_id for p in plan.parked]
    )
    its_own = set(rows.order_by("pk").values_list("pk", flat=True))
    return [left for left in plan.parked if left.pair_id in its_own]


def delete_session(*, actor: str, name: str, force: bool = False, reason: str = "") -> tuple[Deletion, Removed]:
    """All of it; blocks up to a minute and a half. Raises NotFound, and Conflict when it has pairs (without `force`) or
    when they do not change hands in time: then they go on changing hands, and it may be asked again."""
    deletion = begin_deletion(actor=actor, name=name, force=force, reason=reason)
    deadline = time.monotonic() + HAND_OVER
    while left := hand_overs_left(deletion):
        if time.monotonic() > deadline:
            raise given_up(deletion, left)
        pause(_STEP)
    return deletion, finish_deletion(deletion, actor=actor, reason=reason)


def given_up(deletion: Deletion, left: int) -> Conflict:
    """What is told when pairs do not change hands in time; the deletion has ended."""
    name = deletion.plan.name
    said = f"{counted(left, 'pair')} of {name} did not change hands yet; the session was not deleted."
    operations.finish(deletion.whole.id, OperationState.FAILED, note=said)
    return Conflict(said, hint=f"They go on changing hands. In a minute: /deletesession {name} force")


def _send_away(plan: DeletionPlan, *, actor: str, reason: str) -> OperationView:
    title = f"{counted(len(plan.placement.moves), 'pair')} away from {plan.name}"
    return commit(plan.placement.moves, actor=actor, kind=KIND, title=title, reason=reason or "session deleted")
