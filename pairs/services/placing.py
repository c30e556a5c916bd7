"""Which session should read a source: the rows that `sessions.domain.choice` ranks, in four queries however many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from django.db.models import Count, F

from pairs.models import Pair, SourceAccess
from sessions.domain.choice import Candidate, Ranking, rank
from sessions.models import TelegramSession

_FIELDS = ("pk", "name", "lifecycle", "health", "health_reason", "priority", "max_pairs")


def best_sessions(source_chats: Sequence[int] = (), *, without: Collection[int] = (), seats: int = 1) -> Ranking:
    """Sessions for `seats` pairs of these sources (bare chat ids), best first, and the others with their reasons.

    Without sources: for a new pair of whatever source. `without`: ids of sessions that are out of the question.
    A choice with `unseen` sources has to look at them first.
    """
    return rank(candidates(source_chats, without=without), source_chats, seats=seats)


def candidates(source_chats: Sequence[int] = (), *, without: Collection[int] = ()) -> list[Candidate]:
    """All living sessions but `without`, with the seats they have taken and what they can read."""
    used = taken_seats()
    access: dict[int, dict[int, str]] = {}
    known = SourceAccess.objects.filter(source_chat__in=set(source_chats))
    for session, chat, seen in known.values_list("session_id", "source_chat", "access"):
        access.setdefault(session, {})[chat] = seen
    living = TelegramSession.living().exclude(pk__in=list(without))
    return [
        Candidate(
            session_id=session.pk,
            name=session.name,
            lifecycle=session.lifecycle,
            health=session.health,
            health_reason=session.health_reason,
            priority=session.priority,
            max_pairs=session.max_pairs,
            used=used[session.pk],
            access=access.get(session.pk, {}),
        )
        for session in living.only(*_FIELDS).order_by("pk")
    ]


def taken_seats() -> Counter[int]:
    """By session: pairs that it has or is to have. One on its way counts on both sides."""
    living = Pair.living()
    had = living.filter(assignment__isnull=False).values_list("assignment__session").annotate(Count("pk"))
    coming = living.filter(wanted_session__isnull=False).exclude(assignment__session=F("wanted_session"))
    taken: Counter[int] = Counter(dict(had.order_by()))
    taken.update(dict(coming.values_list("wanted_session").annotate(Count("pk")).order_by()))
    return taken
