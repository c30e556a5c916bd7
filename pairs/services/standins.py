"""Pairs that have to leave, or have no session: each to the best session that can read its source and has a seat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pairs.domain.moves import INSIDE, Move, MovePlan, MovingPair, Refused, Sights, judge, why_not
from pairs.domain.spread import spread
from pairs.services.access import introduce, see, wanted
from pairs.services.placing import candidates
from sessions.domain.choice import Candidate, unfit

_SHOWN = 3  # sessions whose reasons are told


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each pair would go, and which have no stand-in, with why."""

    moves: tuple[Move, ...]
    left: tuple[Refused, ...]
    warnings: tuple[str, ...] = ()


def find_stand_ins(pairs: Sequence[MovingPair], *, without: Collection[int], trust_refusals: bool = False) -> Placement:
    """As many pairs as possible get a session, each one of the best that it can have; changes nothing.

    `without`: ids of sessions that are out of the question. Pairs that a person has paused choose last. Asks all
    sessions with room at once about what is not known, and the best ones for the names of public sources that no
    session is a member of; blocks up to twenty seconds.
    """
    usable = [one for one in candidates(without=without) if not unfit(one) and one.free]
    usable.sort(key=lambda one: (-one.priority, -one.free, one.name.lower()))
    need = wanted(pairs)
    sights = see({one.session_id: need for one in usable}, trust_refusals=trust_refusals) if pairs else Sights()
    sights = introduce([pair for pair in pairs if not _inside(pair, usable, sights)], usable, sights)
    order = sorted(pairs, key=lambda pair: (pair.paused, pair.id))
    fits = {pair.id: [one.session_id for one in usable if not why_not(pair, one, sights)] for pair in order}
    chosen = _seated(order, fits, usable, sights)
    plan = _plan([pair for pair in order if pair.id in chosen], chosen, usable, sights)
    left = tuple(
        Refused(pair.id, _why_left(pair, usable, fits[pair.id], sights)) for pair in order if pair.id not in chosen
    )
    return Placement(plan.moves, left, plan.warnings)


def _inside(pair: MovingPair, usable: Sequence[Candidate], sights: Sights) -> bool:
    return any(sights.read.get((one.session_id, pair.source_chat)) in INSIDE for one in usable)


def _seated(
    pairs: Sequence[MovingPair], fits: Mapping[int, Sequence[int]], usable: Sequence[Candidate], sights: Sights
) -> dict[int, int]:
    """Members first: a guest of a public source takes a pair only when no member can."""
    seats = {one.session_id: one.free for one in usable}
    inside = {
        pair.id: [session for session in fits[pair.id] if sights.read.get((session, pair.source_chat)) in INSIDE]
        for pair in pairs
    }
    chosen = spread(inside, seats)
    seats = {session: free - taken for session, free in seats.items() for taken in (Counter(chosen.values())[session],)}
    return chosen | spread({pair: sessions for pair, sessions in fits.items() if pair not in chosen}, seats)


def _plan(pairs: Sequence[MovingPair], chosen: dict[int, int], usable: Sequence[Candidate], sights: Sights) -> MovePlan:
    plan = judge(pairs, chosen, {one.session_id: one for one in usable}, sights)
    assert not plan.refused, "only what fits was chosen"
    return plan


def _why_left(pair: MovingPair, usable: Sequence[Candidate], fits: Sequence[int], sights: Sights) -> str:
    if not usable:
        return "no other session is healthy and has room"
    if fits:
        names = ", ".join(one.name for one in usable if one.session_id in fits)
        return f"every session that could take it is full ({names})"
    return "; ".join(dict.fromkeys(why_not(pair, one, sights) for one in usable[:_SHOWN]))
