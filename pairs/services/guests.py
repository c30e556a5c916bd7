"""Sessions that read a public source without being a member: Telegram tells them of no post there, so they ask. It is
said wherever the pair is shown, and a person may let the session join."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction
from django.db.models import Exists, OuterRef

from pairs.domain.guests import late_note
from pairs.domain.moves import pairs_named
from pairs.domain.pace import Pace
from pairs.models import Access, Pair, PairStatus, SourceAccess
from project.core import notices
from project.core.config import current
from project.core.models import Notice
from project.core.notices import Severity

_NOTICE = "guest."


def guest_note() -> str:
    """What is said of a pair whose session is a guest of its source, with the intervals of this installation."""
    config = current()
    return late_note(Pace(config.source_poll_interval, config.guest_poll_interval))


def tell_guests() -> None:
    """One notice for each session and source that some living pair reads as a guest; it ends when that is over."""
    reading: dict[tuple[int, int], list[int]] = defaultdict(list)
    names: dict[tuple[int, int], tuple[str, str]] = {}
    rows = (
        Pair.objects.filter(of_guest(), status__in=(PairStatus.ACTIVE, PairStatus.DEGRADED))
        .select_related("assignment__session")
        .order_by("pk")
    )
    for pair in rows.defer("webhook_sealed", "options"):
        key = pair.assignment.session_id, pair.source_chat
        reading[key].append(pair.pk)
        names[key] = pair.assignment.session.name, pair.source_name
    told = set(Notice.objects.filter(key__startswith=_NOTICE, ended_at=None).values_list("key", flat=True))
    wanted = {f"{_NOTICE}{session}.{chat}": (session, chat) for session, chat in reading}
    with transaction.atomic():
        for name in sorted(told - wanted.keys()):
            notices.end(name)
        for name in sorted(wanted.keys() - told):
            key = wanted[name]
            (session, source), pairs = names[key], reading[key]
            text = f"🟡 Session {session} is {guest_note()} ({source}, {pairs_named(pairs)}).\n"
            notices.post(name, f"{text}/pairs #{pairs[0]} has a button that lets it join.", severity=Severity.WARNING)


def of_guest() -> Exists:
    """Of pairs: whether the session that reads one is known to be a guest of its source."""
    cell = SourceAccess.objects.filter(
        session=OuterRef("assignment__session"), source_chat=OuterRef("source_chat"), access=Access.GUEST
    )
    return Exists(cell)
