"""The access matrix session x source: read while it is fresh, else filled by one batched look per session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pairs.domain.moves import READABLE, MovingPair, Sights
from pairs.models import SourceAccess
from project.core.clock import database_now
from project.telegram.values import GUEST, ChatSight
from sessions.domain.accounts import split_account
from sessions.domain.choice import Candidate
from sessions.services.lookups import Looked, look_at_chats, look_up_names

MOST_MEETING, MOST_NAMES = 2, 10  # sessions that look up names, and how many each
FRESH = timedelta(minutes=10)  # two rounds of health checks


@dataclass(slots=True)
class Wanted:
    """What one session has to see: sources to read, destinations to post in."""

    sources: set[int] = field(default_factory=set)
    destinations: set[int] = field(default_factory=set)


def wanted(pairs: Iterable[MovingPair]) -> Wanted:
    """What a session has to see to take these pairs."""
    need = Wanted()
    for pair in pairs:
        if not pair.bound_to_account:
            need.sources.add(pair.source_chat)
            if pair.posts_itself:
                need.destinations.add(pair.destination_chat)
    return need


def see(needs: Mapping[int, Wanted], *, trust_refusals: bool) -> Sights:
    """What sessions (by id) see of what they need to; asks all of them at once, for at most ten seconds.

    What the matrix knows is not asked again while it is fresh: access that was there, and with `trust_refusals` also
    access that was not, which spares a look that repeats itself. Rights to post are never stored.
    """
    read = _fresh(needs, trust_refusals=trust_refusals)
    asked = {f"session.{session}": _open(session, need, read) for session, need in needs.items()}
    looked = look_at_chats({account: chats for account, chats in asked.items() if chats})
    post: dict[tuple[int, int], bool] = {}
    errors: dict[int, str] = {}
    for account, found in looked.items():
        _, session = split_account(account)
        if found.error:
            errors[session] = found.error
        sources = needs[session].sources
        read |= {(session, chat): sight.seen for chat, sight in found.sights.items() if chat in sources}
        post |= {(session, chat): sight.can_post for chat, sight in found.sights.items()}
    _note(looked, needs)
    return Sights(read, post, errors)


def introduce(pairs: Sequence[MovingPair], usable: Sequence[Candidate], sights: Sights) -> Sights:
    """Looks up the public names of these sources, which no session is known to be in, through the best sessions with a
    seat: an account can read a public chat only after it met its name. Telegram limits that tightly, so it is a few
    names for a few sessions. Blocks up to ten seconds."""
    sources = {pair.source_chat: pair.source_username for pair in pairs if pair.source_username}
    unknown = {
        one.session_id: [name for chat, name in sources.items() if _may_meet(sights.read.get((one.session_id, chat)))]
        for one in usable[:MOST_MEETING]
    }
    asked = {f"session.{session}": [f"@{name}" for name in names[:MOST_NAMES]] for session, names in unknown.items()}
    read = dict(sights.read)
    for (account, _), found in look_up_names({account: names for account, names in asked.items() if names}).items():
        _, session = split_account(account)
        if found.chat_id in sources:
            read[session, found.chat_id] = "member" if found.member else GUEST
    return Sights(read, sights.post, sights.errors)


def _may_meet(seen: str | None) -> bool:
    return seen in (None, "unknown")


def _fresh(needs: Mapping[int, Wanted], *, trust_refusals: bool) -> dict[tuple[int, int], str]:
    chats = {chat for need in needs.values() for chat in need.sources}
    rows = SourceAccess.objects.filter(
        session_id__in=list(needs), source_chat__in=chats, checked_at__gt=database_now() - FRESH
    )
    return {
        (session, chat): seen
        for session, chat, seen in rows.values_list("session_id", "source_chat", "access")
        if trust_refusals or seen in READABLE
    }


def _open(session: int, need: Wanted, read: Mapping[tuple[int, int], str]) -> list[int]:
    unread = {chat for chat in need.sources if (session, chat) not in read}
    return sorted(unread | need.destinations)


def _note(looked: Mapping[str, Looked], needs: Mapping[int, Wanted]) -> None:
    """Into the matrix, in one statement."""
    now = database_now()

    def row(session: int, sight: ChatSight) -> SourceAccess:
        return SourceAccess(session_id=session, source_chat=sight.chat_id, access=sight.seen, checked_at=now)

    rows = [
        row(session, sight)
        for account, found in looked.items()
        for _, session in (split_account(account),)
        for sight in found.sights.values()
        if sight.chat_id in needs[session].sources
    ]
    SourceAccess.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["session", "source_chat"],
        update_fields=["access", "checked_at"],
    )
