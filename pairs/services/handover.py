"""Giving a pair another session. Its present one hands it over (pairs/handover); these only say what is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from pairs.models import Access, Pair, SourceAccess
from pairs.services.registry import find_pair, seats_taken
from project.core.audit import record
from project.core.errors import Conflict, InvalidInput
from project.telegram.values import ChatInfo
from sessions.models import TelegramSession
from sessions.services.login import wake
from sessions.services.lookups import look_up_chat
from sessions.services.registry import is_logged_in


@dataclass(frozen=True, slots=True)
class NewReader:
    """A session that is to take a pair over, and what it sees. `destination` is None where a sender bot posts there."""

    session: TelegramSession
    source: ChatInfo
    destination: ChatInfo | None


@dataclass(frozen=True, slots=True)
class HandOverView:
    """How far a hand-over is. `generation` grows by one with each."""

    pair: int
    session: str
    wanted: str
    generation: int

    @property
    def done(self) -> bool:
        """Whether the wanted session has the pair."""
        return self.session == self.wanted


def look_as(pair: Pair, session: TelegramSession) -> NewReader:
    """Asks the session's live connection for the pair's chats; blocks up to two minutes. Raises NotFound, Conflict."""
    source = look_up_chat(session.account, str(pair.source_chat))
    posts_itself = pair.sender_id is None
    return NewReader(
        session, source, look_up_chat(session.account, str(pair.destination_chat)) if posts_itself else None
    )


def change_session(*, actor: str, pair_id: int, reader: NewReader, reason: str = "") -> HandOverView:
    """Asks for a hand-over; it is done when `hand_over_state` says so, usually within seconds. Asking for the session
    that has the pair takes an earlier wish back. Nothing is lost, doubled or reordered by it.

    Raises NotFound, InvalidInput and Conflict.
    """
    with transaction.atomic():
        TelegramSession.objects.select_for_update().get(pk=reader.session.pk)  # two may not take the last seat
        pair = find_pair(pair_id)
        present = pair.assignment.session
        if reader.session != present:
            _check(pair, reader)
        wanted = None if reader.session == present else reader.session
        Pair.objects.filter(pk=pair.pk).update(wanted_session=wanted)
        _note_access(reader)
        record(
            actor=actor,
            action="pair.session",
            target=f"pair.{pair.pk}",
            before={"session": present.name},
            after={"session": reader.session.name},
            reason=reason,
        )
        for who in (present.account, "placements"):
            wake(who)
    return hand_over_state(pair_id)


def hand_over_state(pair_id: int) -> HandOverView:
    """Who has the pair and who is to have it. Raises NotFound."""
    pair = find_pair(pair_id)
    present = pair.assignment.session
    wanted = pair.wanted_session or present
    return HandOverView(pair.pk, present.name, wanted.name, pair.assignment.generation)


def _check(pair: Pair, reader: NewReader) -> None:
    session = reader.session
    if not is_logged_in(session):
        raise Conflict(f"Session {session.name} is not logged in.", hint=f"`session login {session.name}` does it.")
    if reader.source.chat_id != pair.source_chat:
        raise InvalidInput("This is not the pair's source.")
    if reader.source.protected:
        raise InvalidInput(f"{reader.source.title} forbids copying what is posted there.")
    if pair.sender_id is None and not (reader.destination and reader.destination.can_post):
        raise InvalidInput(
            f"Session {session.name} may not post in {pair.destination_title or pair.destination_chat}.",
            hint="Make it an administrator there, or give the pair a sender bot.",
        )
    if seats_taken(session, besides=pair.pk) >= session.max_pairs:
        raise Conflict(f"Session {session.name} has all of its {session.max_pairs} pairs.", hint="Use another session.")


def _note_access(reader: NewReader) -> None:
    access = Access.PROTECTED if reader.source.protected else Access.MEMBER
    SourceAccess.objects.update_or_create(
        session=reader.session,
        source_chat=reader.source.chat_id,
        defaults={"access": access, "checked_at": timezone.now()},
    )
