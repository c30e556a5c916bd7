"""A person lets the session of a pair join the public source that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from pairs.models import Access, Pair, SourceAccess
from pairs.services.registry import find_pair
from project.botkit.times import span
from project.core.audit import record
from project.core.clock import database_now
from project.core.errors import Conflict
from project.core.models import AuditEvent
from sessions.models import TelegramSession
from sessions.services.finding import find_logged_in
from sessions.services.lookups import join_chat

ACTION = "session.join"
# Telegram restricts accounts that join many chats at once. It publishes no numbers: these are careful guesses.
PAUSE = timedelta(minutes=2)
DAY, A_DAY = timedelta(days=1), 20


@dataclass(frozen=True, slots=True)
class Joined:
    """A session that is a member of a pair's source now. `already`: it was before."""

    pair_id: int
    session: str
    source: str
    already: bool = False

    def __str__(self) -> str:
        if self.already:
            return f"Session {self.session} is a member of {self.source} already."
        return f"Session {self.session} joined {self.source}: Telegram tells it of each post from now on."


def join_source(*, actor: str, pair_id: int, reason: str = "") -> Joined:
    """Lets the pair's session join its public source, as the person asks; audited. Blocks up to a minute.

    Raises NotFound and Conflict, with how long to wait when the session joined another chat just now.
    """
    pair = find_pair(pair_id)
    if pair.reader is None:
        raise Conflict(f"Pair {pair_id} has no session.", hint="/changesession gives it one.")
    session = find_logged_in(pair.reader.name)
    cell = SourceAccess.objects.filter(session=session, source_chat=pair.source_chat)
    if cell.filter(access__in=(Access.MEMBER, Access.PROTECTED)).exists():
        return Joined(pair_id, session.name, pair.source_name, already=True)
    _take_turn(session, pair, actor=actor, reason=reason)
    found = join_chat(session.account, str(pair.source_chat))
    access = Access.PROTECTED if found.protected else Access.MEMBER
    SourceAccess.objects.update_or_create(
        session=session, source_chat=pair.source_chat, defaults={"access": access, "checked_at": database_now()}
    )
    return Joined(pair_id, session.name, pair.source_name)


def _take_turn(session: TelegramSession, pair: Pair, *, actor: str, reason: str) -> None:
    """Notes the act before it happens, unless the account joined another chat too recently. One at a time."""
    with transaction.atomic():
        TelegramSession.objects.select_for_update().get(pk=session.pk)
        now = database_now()
        joined = AuditEvent.objects.filter(action=ACTION, target=session.account, at__gt=now - DAY)
        times = list(joined.order_by("-at").values_list("at", flat=True)[:A_DAY])
        free_at = max((*(at + PAUSE for at in times[:1]), *(at + DAY for at in times[A_DAY - 1 :])), default=now)
        if free_at > now:
            raise Conflict(
                f"Session {session.name} joined other chats; Telegram restricts accounts that join many at once.",
                hint=f"Try again in {span((free_at - now).total_seconds())}.",
            )
        record(
            actor=actor,
            action=ACTION,
            target=session.account,
            after={"source": pair.source_chat, "pair": pair.pk},
            reason=reason,
        )
