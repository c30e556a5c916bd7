"""Moving pairs to another session, many at once: everything is looked at before anything is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pairs.domain.moves import MovePlan, MovingPair, Refused, judge
from pairs.domain.specs import PairSpec, of_ids, parse_spec
from pairs.services.access import Wanted, see, wanted
from pairs.services.commits import commit
from pairs.services.placing import candidates
from pairs.services.selection import pairs_of_spec
from project.core.errors import Conflict, InvalidInput, ManyProblems, RelayError
from project.core.operations import OperationView
from project.core.words import counted
from sessions.domain.choice import Candidate, unfit
from sessions.models import TelegramSession
from sessions.services.finding import find_session

KIND = "pairs.move"


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What /changesession would do. `pairs` is the selection by ids, as it may be given again."""

    target: str
    pairs: PairSpec
    plan: MovePlan


@dataclass(frozen=True, slots=True)
class MoveResult:
    """What was asked for. `operation` is None when nothing had to move; hand-overs go on after this."""

    moved: tuple[int, ...]
    already: tuple[int, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]
    operation: OperationView | None


def plan_change(pairs: str | Collection[int], target: str) -> ChangePlan:
    """What would happen if these pairs (a specification, or ids) went to the session `target`; changes nothing.

    Asks the target's live connection about its access unless that is known; blocks up to ten seconds.
    Raises NotFound or Conflict for the target, ManyProblems for the pairs, or for both; its correction is the pairs
    that there are.
    """
    session, chosen = _named(pairs, target)
    busy = [pair for pair in chosen if pair.on_its_way(session.pk)]
    free = [pair for pair in chosen if pair not in busy]
    plan = plan_moves(free, {pair.id: session.pk for pair in free}, trust_refusals=False)
    refused = sorted([*plan.refused, *_moving(busy)], key=lambda one: one.pair_id)
    return ChangePlan(session.name, of_ids([pair.id for pair in chosen]), replace(plan, refused=tuple(refused)))


def _moving(busy: Sequence[MovingPair]) -> list[Refused]:
    """Two wishes for one pair at once: the first is heard."""
    way_out = "wait for it, or move it back to"
    return [Refused(pair.id, f"already moving to {pair.wanted}; {way_out} {pair.session}") for pair in busy]


def change_sessions(
    *, actor: str, pairs: str | Collection[int], target: str, partly: bool = False, reason: str = ""
) -> MoveResult:
    """Moves pairs to a session: all or none in one transaction, or with `partly` those that can.

    The owners hand over within seconds (`progress.look`); nothing is lost, doubled or reordered. Paused pairs move and
    stay paused. Raises as `plan_change`, and ManyProblems with every pair that cannot move and why.
    """
    change = plan_change(pairs, target)
    plan = change.plan
    if plan.refused and not partly:
        fine = of_ids([move.pair_id for move in plan.moves])
        raise ManyProblems(plan.problems, correction=str(fine) if plan.moves else "", hint="Nothing was changed.")
    operation = None
    if plan.moves:
        title = f"{counted(len(plan.moves), 'pair')} to {change.target}"
        operation = commit(plan.moves, actor=actor, kind=KIND, title=title, reason=reason)
    moved = tuple(move.pair_id for move in plan.moves)
    return MoveResult(moved, plan.already, plan.refused, plan.warnings, operation)


def plan_moves(pairs: Sequence[MovingPair], wishes: Mapping[int, int], *, trust_refusals: bool) -> MovePlan:
    """The judgement about pairs and the session wished for each (by id), with what the sessions see."""
    targets = {one.session_id: one for one in candidates() if one.session_id in set(wishes.values())}
    _all_there(wishes, targets)
    fit = {number for number, one in targets.items() if not unfit(one)}
    going = [pair for pair in pairs if pair.session_id != wishes[pair.id] and wishes[pair.id] in fit]
    needs: dict[int, Wanted] = {
        number: wanted([pair for pair in going if wishes[pair.id] == number])
        for number in sorted({wishes[pair.id] for pair in going})
    }
    return judge(pairs, wishes, targets, see(needs, trust_refusals=trust_refusals))


def _all_there(wishes: Mapping[int, int], targets: Mapping[int, Candidate]) -> None:
    if missing := set(wishes.values()) - targets.keys():
        raise Conflict(f"{len(missing)} of the sessions were deleted meanwhile.", hint="/sessionstatus lists them.")


def _named(pairs: str | Collection[int], target: str) -> tuple[TelegramSession, list[MovingPair]]:
    """Session and pairs; what is wrong with both is told together."""
    wrong: RelayError | None = None
    try:
        session = _usable(target)
    except RelayError as error:
        wrong = error
    try:
        chosen = pairs_of_spec(parse_spec(pairs) if isinstance(pairs, str) else _of(pairs))
    except ManyProblems as error:
        if wrong is None:
            raise
        problems = (wrong.message, *error.problems)
        raise ManyProblems(problems, hint=wrong.hint) from None  # with this session no correction would do
    if wrong is not None:
        raise wrong
    return session, chosen


def _usable(name: str) -> TelegramSession:
    session = find_session(name)
    target = next(one for one in candidates() if one.session_id == session.pk)
    if state := unfit(target):
        raise Conflict(f"{target.name} is {state}, so it can take no pairs.", hint="/optimalsession names better ones.")
    return session


def _of(pairs: Collection[int]) -> PairSpec:
    wrong = [str(pair)[:20] for pair in pairs if not isinstance(pair, int) or isinstance(pair, bool) or pair < 1]
    if wrong:
        raise InvalidInput(f"These are no pair ids: {', '.join(wrong[:10])}.", hint="Pair ids are numbers from 1.")
    return of_ids(pairs)
