"""Adding, listing and removing pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from pairs.domain.cycles import closes_cycle
from pairs.models import Assignment, Pair
from pairs.services.guests import guest_note, of_guest
from pairs.services.lags import Lag, lags
from pairs.services.targets import DiscordTarget, sealed_token
from project.core.audit import record
from project.core.chats import bare_id
from project.core.config import current
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.message import storable_text
from project.telegram.values import ChatInfo
from sessions.models import Lifecycle, SenderBot, TelegramSession
from sessions.services.login import wake


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as the doors show it. `guest`: that its session is no member of the source, and what comes of it; `lag`:
    for how long its queue waits, and why; else ""."""

    id: int
    source: str
    discord: str
    destination: str
    session: str
    sender: str
    status: str
    reason: str
    cursor: int | None
    until: datetime | None = None
    by_webhook: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    guest: str = ""
    lag: str = ""

    @property
    def remark(self) -> str:
        """Why it stands as it does, and what holds it up."""
        return "; ".join(text for text in (self.reason, self.lag, self.guest) if text)


@dataclass(frozen=True, slots=True)
class PairPage:
    """Some of the pairs that match, by id, and how many match in all."""

    pairs: tuple[PairView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NewPair:
    """A pair about to be saved; chats and target were looked up already. No `sender`: the session itself posts."""

    session: TelegramSession
    source: ChatInfo
    target: DiscordTarget
    destination: ChatInfo
    sender: SenderBot | None
    options: Mapping[str, str] = field(default_factory=dict)


def add_pair(*, actor: str, new: NewPair) -> PairView:
    """Saves a pair; it relays what comes from now on. Raises InvalidInput and Conflict."""
    _check(new)
    try:
        with transaction.atomic():
            pair = _save(new)
            record(actor=actor, action="pair.add", target=f"pair.{pair.pk}", after=_told(new))
            wake("placements")
            wake(new.session.account)
            if new.sender:
                wake(new.sender.account)
    except IntegrityError:
        raise Conflict("A pair with this source, channel and destination exists already.") from None
    return view(pair)


def _told(new: NewPair) -> dict[str, object]:
    return {
        "session": new.session.name,
        "source": new.source.chat_id,
        "discord": new.target.channel_id,
        "destination": new.destination.chat_id,
        "options": dict(new.options),
    }


def _check(new: NewPair) -> None:
    check_poster(new.destination, str(new.sender) if new.sender else f"session {new.session.name}")
    check_no_cycle(new.source.chat_id, new.destination.chat_id)


def check_poster(destination: ChatInfo, poster: str) -> None:
    """Raises InvalidInput when the poster, who looked at the destination, may not post there."""
    if not destination.can_post:
        raise InvalidInput(
            f"{poster} may not post in {destination.title}.", hint="Make it an administrator there, or let it in."
        )


def check_no_cycle(source: int, destination: int, *, besides: int = 0) -> None:
    """Raises InvalidInput when pairs would read what pairs wrote. `besides`: all but the pair of this id."""
    routes = Pair.living().exclude(pk=besides).values_list("source_chat", "destination_chat")
    if closes_cycle(routes, (source, destination)):
        raise InvalidInput("This pair would send its own messages round in a circle.", hint="Choose another chat.")


def _save(new: NewPair) -> Pair:
    # As it is now, not as it was when the chats were looked up; and two adds at once may not pass the limit.
    session = TelegramSession.objects.select_for_update().get(pk=new.session.pk)
    if session.lifecycle == Lifecycle.DELETED:
        raise Conflict(f"Session {session.name} was deleted meanwhile.", hint="Use another session.")
    used = seats_taken(session)
    if used >= session.max_pairs:
        raise Conflict(f"Session {session.name} has {used} of {session.max_pairs} pairs.", hint="Use another session.")
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
        destination_username=new.destination.username,
        sender=new.sender,
        options=dict(new.options),
        cursor=new.source.top_message_id or None,  # what comes before the first sync is caught up
    )
    if new.target.webhook:
        pair.webhook_sealed = sealed_token(pair, new.target)
        pair.save(update_fields=["webhook_sealed"])
    Assignment.objects.create(pair=pair, session=new.session, group=_group(new.session))
    return pair


def seats_taken(session: TelegramSession, *, besides: int = 0) -> int:
    """Pairs that a session has or is to have, without the pair `besides`."""
    of_it = Q(assignment__session=session) | Q(wanted_session=session)
    return Pair.living().filter(of_it).exclude(pk=besides).count()


def _group(session: TelegramSession) -> int:
    """The first group with room; the planner evens groups out later."""
    live = Assignment.living().filter(session=session)
    sizes = dict(live.values_list("group").annotate(Count("pair")))
    number = 1
    while sizes.get(number, 0) >= current().max_pairs_per_worker:
        number += 1
    return number


def list_pairs() -> list[PairView]:
    """All pairs that were not removed, by id."""
    waiting = lags()
    return [view(pair, waiting=waiting) for pair in _with_relations().order_by("pk")]


def search_pairs(text: str, *, offset: int, limit: int) -> PairPage:
    """Pairs whose titles, chats, session, sender, status or id contain the text, whatever the case."""
    found = _with_relations()
    for word in storable_text(text).split()[:10]:
        found = found.filter(_matches(word[:64]))
    rows = found.order_by("pk")
    page = list(rows[offset : offset + limit])
    waiting = lags([pair.pk for pair in page])
    return PairPage(tuple(view(pair, waiting=waiting) for pair in page), rows.count())


def _matches(word: str) -> Q:
    wanted = Q()
    for name in (
        "source_title",
        "source_username",
        "discord_title",
        "destination_title",
        "assignment__session__name",
        "sender__username",
        "status",
    ):
        wanted |= Q(**{f"{name}__icontains": word.lstrip("@#") or word})
    for number in _numbers(word):
        wanted |= Q(pk=number) | Q(source_chat=number) | Q(discord_channel=number) | Q(destination_chat=number)
    return wanted


def _numbers(word: str) -> set[int]:
    """The ids that a number can be: as it stands, and bare where it is a chat's with its mark."""
    if not re.fullmatch(r"-?[0-9]{1,18}", word, re.ASCII):
        return set()
    number = int(word)
    try:
        return {abs(number), bare_id(number)}
    except InvalidInput:
        return {abs(number)}


def find_pair(pair_id: int) -> Pair:
    """Raises NotFound."""
    pair = _with_relations().filter(pk=pair_id).first()
    if pair is None:
        raise NotFound(
            f"There is no pair {pair_id}.", hint="`python manage.py pair list`, or /pairs in the bot, shows them."
        )
    return pair


def _with_relations() -> QuerySet[Pair]:
    return Pair.living().select_related("sender", "assignment__session").annotate(is_guest=of_guest())


def view(pair: Pair, *, waiting: Mapping[int, Lag] | None = None) -> PairView:
    """The row as doors may show it. `waiting`: the lags of all pairs of a list, read at once."""
    lag = (lags([pair.pk]) if waiting is None else waiting).get(pair.pk)
    return PairView(
        id=pair.pk,
        source=pair.source_name,
        discord=pair.discord_name,
        destination=pair.destination_name,
        session=pair.reader.name if pair.reader else "",
        sender=str(pair.sender) if pair.sender else "the session",
        status=pair.status,
        reason=pair.status_reason,
        cursor=pair.cursor,
        until=pair.status_until,
        by_webhook=pair.webhook_id is not None,
        options=dict(pair.options),
        guest=guest_note() if _is_guest(pair) else "",
        lag=str(lag) if lag else "",
    )


def _is_guest(pair: Pair) -> bool:
    """Lists bring it along."""
    known: bool | None = getattr(pair, "is_guest", None)
    return Pair.objects.filter(of_guest(), pk=pair.pk).exists() if known is None else known
