"""Adding, listing and removing pairs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from pairs.domain.cycles import closes_cycle
from pairs.models import Assignment, Pair, PairStatus
from pairs.services.targets import DiscordTarget
from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal
from project.core.errors import Conflict, InvalidInput, NotFound
from project.telegram.values import ChatInfo
from sessions.models import SenderBot, TelegramSession
from sessions.services.login import wake


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as the doors show it."""

    id: int
    source: str
    discord: str
    destination: str
    session: str
    sender: str
    status: str
    reason: str
    cursor: int | None


@dataclass(frozen=True, slots=True)
class NewPair:
    """A pair about to be saved; chats and target were looked up already. No `sender`: the session itself posts."""

    session: TelegramSession
    source: ChatInfo
    target: DiscordTarget
    destination: ChatInfo
    sender: SenderBot | None


def add_pair(*, actor: str, new: NewPair) -> PairView:
    """Saves a pair; it relays what comes from now on. Raises InvalidInput and Conflict."""
    _check(new)
    try:
        with transaction.atomic():
            pair = _save(new)
            record(actor=actor, action="pair.add", target=f"pair.{pair.pk}", after={"session": new.session.name})
            wake("placements")
            wake(new.session.account)
            if new.sender:
                wake(new.sender.account)
    except IntegrityError:
        raise Conflict("A pair with this source, channel and destination exists already.") from None
    return view(pair)


def _check(new: NewPair) -> None:
    if not new.destination.can_post:
        sender = str(new.sender) if new.sender else f"session {new.session.name}"
        raise InvalidInput(
            f"{sender} may not post in {new.destination.title}.", hint="Make it an administrator there, or let it in."
        )
    routes = Pair.objects.exclude(status=PairStatus.REMOVED).values_list("source_chat", "destination_chat")
    if closes_cycle(routes, (new.source.chat_id, new.destination.chat_id)):
        raise InvalidInput("This pair would send its own messages round in a circle.", hint="Choose another chat.")


def _save(new: NewPair) -> Pair:
    TelegramSession.objects.select_for_update().get(pk=new.session.pk)  # two adds at once may not pass the limit
    used = seats_taken(new.session)
    if used >= new.session.max_pairs:
        raise Conflict(
            f"Session {new.session.name} has {used} of {new.session.max_pairs} pairs.", hint="Use another session."
        )
    pair = Pair.objects.create(
        source_chat=new.source.chat_id,
        source_title=new.source.title,
        source_username=new.source.username,
        discord_channel=new.target.channel_id,
        discord_guild=new.target.guild_id,
        discord_title=new.target.title,
        webhook_id=new.target.webhook.id if new.target.webhook else None,
        destination_chat=new.destination.chat_id,
        destination_title=new.destination.title,
        sender=new.sender,
        cursor=new.source.top_message_id or None,  # what comes before the first sync is caught up
    )
    if new.target.webhook:
        token = new.target.webhook.token.reveal().encode()
        pair.webhook_sealed = seal(token, owner=f"pair.{pair.pk}", keys=current().master_keys)
        pair.save(update_fields=["webhook_sealed"])
    Assignment.objects.create(pair=pair, session=new.session, group=_group(new.session))
    return pair


def seats_taken(session: TelegramSession, *, besides: int = 0) -> int:
    """Pairs that a session has or is to have, without the pair `besides`."""
    of_it = Q(assignment__session=session) | Q(wanted_session=session)
    return Pair.objects.filter(of_it).exclude(status=PairStatus.REMOVED).exclude(pk=besides).count()


def _group(session: TelegramSession) -> int:
    """The first group with room; the planner evens groups out later."""
    live = Assignment.objects.filter(session=session).exclude(pair__status=PairStatus.REMOVED)
    sizes = dict(live.values_list("group").annotate(Count("pair")))
    number = 1
    while sizes.get(number, 0) >= current().max_pairs_per_worker:
        number += 1
    return number


def list_pairs() -> list[PairView]:
    """All pairs that were not removed, by id."""
    pairs = Pair.objects.exclude(status=PairStatus.REMOVED).select_related("sender", "assignment__session")
    return [view(pair) for pair in pairs.order_by("pk")]


def find_pair(pair_id: int) -> Pair:
    """Raises NotFound."""
    living = Pair.objects.exclude(status=PairStatus.REMOVED).select_related("sender", "assignment__session")
    pair = living.filter(pk=pair_id).first()
    if pair is None:
        raise NotFound(f"There is no pair {pair_id}.", hint="`pair list` shows them.")
    return pair


def view(pair: Pair) -> PairView:
    """The row as doors may show it."""
    assignment = getattr(pair, "assignment", None)
    return PairView(
        id=pair.pk,
        source=pair.source_title or str(pair.source_chat),
        discord=pair.discord_title or str(pair.discord_channel),
        destination=pair.destination_title or str(pair.destination_chat),
        session=assignment.session.name if assignment else "",
        sender=str(pair.sender) if pair.sender else "the session",
        status=pair.status,
        reason=pair.status_reason,
        cursor=pair.cursor,
    )
