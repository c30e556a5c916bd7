"""The pairs that a specification means, read in one query; what it names in vain is told by id."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from pairs.domain.moves import MovingPair
from pairs.domain.specs import PairSpec, of_ids
from pairs.models import Pair, PairStatus
from project.core.errors import ManyProblems
from sessions.services.finding import find_session

_SHOWN = 300  # characters of ids that are told


def pairs_of_spec(spec: PairSpec) -> list[MovingPair]:
    """In order of their ids. Raises NotFound for a session, ManyProblems for ids without a living pair."""
    if spec.session:
        session = find_session(spec.session)
        return moving_pairs(Q(assignment__session=session) | Q(wanted_session=session))
    named = Q()
    for first, last in spec.ranges:
        named |= Q(pk__range=(first, last))
    found = moving_pairs(named) if spec.ranges else []
    _check(spec, found, named)
    return found


def moving_pairs(which: Q) -> list[MovingPair]:
    """Living pairs as a move looks at them, by id, in one query."""
    rows = Pair.living().filter(which).select_related("assignment__session", "wanted_session").order_by("pk")
    return [_row(pair) for pair in rows.defer("webhook_sealed", "options")]


def _row(pair: Pair) -> MovingPair:
    session = pair.reader
    return MovingPair(
        id=pair.pk,
        title=pair.source_name,
        source_chat=pair.source_chat,
        destination_chat=pair.destination_chat,
        posts_itself=pair.sender_id is None,
        status=pair.status,
        session_id=session.pk if session else None,
        session=session.name if session else "",
        wanted_id=pair.wanted_session_id,
        source_username=pair.source_username,
        generation=pair.assignment.generation if session else 0,
        wanted=pair.wanted_session.name if pair.wanted_session else "",
    )


def _check(spec: PairSpec, found: Collection[MovingPair], named: Q) -> None:
    living = [pair.id for pair in found]
    missing = list(gaps(spec.ranges, living))
    if not missing:
        return
    removed = list(Pair.objects.filter(named, status=PairStatus.REMOVED).order_by("pk").values_list("pk", flat=True))
    never = list(gaps(spec.ranges, sorted([*living, *removed])))
    problems = []
    if never:
        problems.append(f"There is no pair {_told(PairSpec(tuple(never)))}.")
    if removed:
        problems.append(f"Removed: pair {_told(of_ids(removed))}.")
    raise ManyProblems(tuple(problems), correction=str(of_ids(living)), hint="/pairs lists them.")


def gaps(ranges: Iterable[tuple[int, int]], known: Iterable[int]) -> Iterable[tuple[int, int]]:
    """What the ranges (ascending, apart) name besides the ascending `known` ids within them; as ranges again."""
    ids = iter(known)
    next_known = next(ids, None)
    for first, last in ranges:
        start = first
        while next_known is not None and next_known <= last:
            if next_known > start:
                yield start, next_known - 1
            start = max(start, next_known + 1)
            next_known = next(ids, None)
        if start <= last:
            yield start, last


def _told(spec: PairSpec) -> str:
    text = str(spec)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
