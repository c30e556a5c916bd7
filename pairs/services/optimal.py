"""The best session for a new pair, and why not the others: /optimalsession."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pairs.services.guests import guest_note
from pairs.services.placing import best_sessions
from sessions.domain.choice import Choice, Ranking


@dataclass(frozen=True, slots=True)
class Optimal:
    """`best` is None when no session fits; `answer` says so, and what would help."""

    best: Choice | None
    ranking: Ranking
    answer: str


def optimal_session(source_chats: Sequence[int] = ()) -> Optimal:
    """The session that a new pair would get: by what it can read (when sources are given), priority, free seats."""
    ranking = best_sessions(source_chats)
    best = ranking.best[0] if ranking.best else None
    return Optimal(best, ranking, _answer(best, ranking))


def _answer(best: Choice | None, ranking: Ranking) -> str:
    if best is not None:
        looks = " It has not looked at the source yet." if best.unseen else ""
        looks += f" It is {guest_note()}." if best.guest else ""
        return f"{best.name}: priority {best.priority}, {best.used} of {best.max_pairs} pairs, healthy.{looks}"
    if not ranking.refused:
        return "There is no session yet. /registersession makes one."
    full = sum(any("full" in reason for reason in refusal.reasons) for refusal in ranking.refused)
    if full == len(ranking.refused):
        return "No session fits: all are full. Raise max_pairs with /editsession, or register another one."
    return "No session fits. /authenticate logs one in; /sessionstatus shows all of them."
