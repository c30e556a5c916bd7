"""Messages that were set aside: listing them, and sending them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F, QuerySet

from pairs.journal.payload import read_payload
from pairs.models import Delivery, Event, HopState, Pair, PairStatus
from pairs.services.anew import plan_anew
from project.core.audit import record
from project.core.clock import database_now
from project.core.errors import Conflict, NotFound
from project.core.message import EventKind, Message, plain_text
from sessions.services.login import wake

MOST_SHOWN = 500  # parts
EXCERPT = 200  # characters of a message that a person is shown
_LIST = "`python manage.py deadletters list` shows them."


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What one hop could not deliver of one message. `id` is that of its first dead part, any of which names it."""

    id: int
    pair: int
    pair_status: str
    seq: int
    hop: int
    kind: str
    scope: str
    message_id: int
    parts: int
    reason: str
    tried_at: datetime | None
    written_at: datetime
    replays: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dead letters. `reason` is a piece of the reason's text; `older_than` counts since the message was taken."""

    pair: int | None = None
    reason: str = ""
    older_than: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of several: how many go out again, and why the others do not."""

    sent_again: int
    refused: tuple[tuple[int, str], ...] = ()


def list_dead(wanted: Wanted) -> list[DeadLetter]:
    """Dead letters in the order in which they were taken from their chats; those of the oldest 500 parts."""
    rows = list(_matching(wanted).select_related("event", "pair")[:MOST_SHOWN])
    return [_letter(list(parts)) for _, parts in groupby(rows, key=lambda row: (row.event_id, row.hop))]


def find_dead(letter_id: int) -> tuple[DeadLetter, str]:
    """One dead letter, and the beginning of the newest content of its message, "" when it is no longer kept. Raises
    NotFound."""
    named = _named(letter_id, Delivery.objects.select_related("event", "pair"))
    return _letter(_dead_parts(named)), _excerpt(_newest(named.event))


def replay(letter_id: int, *, actor: str) -> DeadLetter:
    """Sends a dead letter again, in its newest revision, once: of two that ask at the same time one gets Conflict.

    It goes after what its lane sends at this moment; its pair has to be at work. Raises NotFound, and Conflict when
    there is nothing to send.
    """
    with transaction.atomic():
        named = _named(letter_id, Delivery.objects.select_related("event", "pair"))
        parts = list(
            Delivery.objects.select_for_update().filter(event_id=named.event_id, hop=named.hop).order_by("part")
        )
        dead = [row for row in parts if row.state == HopState.DEAD]
        if not dead:
            raise Conflict(f"{letter_id} is no dead letter any more.", hint="Somebody else has sent it again.")
        letter = _letter(_with_relations(dead, named))
        whole = len(dead) == len(parts)
        _check(named, whole=whole)
        if whole:
            _begin_anew(dead)
        else:
            _as_it_was(dead)
        record(
            actor=actor,
            action="delivery.replay",
            target=f"pair.{named.pair_id}",
            before={"message": str(named.event), "hop": named.hop, "parts": len(dead), "reason": letter.reason},
            after={"replays": letter.replays + 1},
        )
        _wake_owner(named)
    return letter


def replay_all(wanted: Wanted, *, actor: str) -> Replayed:
    """Sends all that match again, each in a transaction of its own."""
    firsts = _matching(wanted).distinct("event_id", "hop").values_list("pk", flat=True)
    return replay_these(list(firsts), actor=actor)


def replay_these(letter_ids: Iterable[int], *, actor: str) -> Replayed:
    """Sends these again, each in a transaction of its own. Unknown ones are refused like the others."""
    done, refused = 0, []
    for letter_id in letter_ids:
        try:
            replay(letter_id, actor=actor)
            done += 1
        except (Conflict, NotFound) as error:
            refused.append((letter_id, error.message))
    return Replayed(done, tuple(refused))


# --- finding


def _matching(wanted: Wanted) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(state=HopState.DEAD)
    if wanted.pair is not None:
        rows = rows.filter(pair_id=wanted.pair)
    if wanted.reason:
        rows = rows.filter(reason__icontains=wanted.reason)
    if wanted.older_than is not None:
        rows = rows.filter(event__created_at__lt=database_now() - wanted.older_than)
    return rows.order_by("event_id", "hop", "part")


def _named(letter_id: int, rows: QuerySet[Delivery]) -> Delivery:
    named = rows.filter(pk=letter_id).first()
    if named is None:
        raise NotFound(f"There is no dead letter {letter_id}.", hint=_LIST)
    if named.state != HopState.DEAD:
        raise Conflict(f"{letter_id} is no dead letter: it is {named.state}.", hint=_LIST)
    return named


def _dead_parts(named: Delivery) -> list[Delivery]:
    rows = Delivery.objects.filter(event_id=named.event_id, hop=named.hop, state=HopState.DEAD).order_by("part")
    return _with_relations(list(rows), named)


def _with_relations(rows: list[Delivery], named: Delivery) -> list[Delivery]:
    for row in rows:
        row.event, row.pair = named.event, named.pair
    return rows


def _letter(parts: Sequence[Delivery]) -> DeadLetter:
    first = parts[0]
    return DeadLetter(
        id=first.pk,
        pair=first.pair_id,
        pair_status=first.pair.status,
        seq=first.seq,
        hop=first.hop,
        kind=first.event.kind,
        scope=first.event.scope,
        message_id=first.event.message_id,
        parts=len(parts),
        reason=first.reason,
        tried_at=first.attempted_at,
        written_at=first.event.created_at,
        replays=first.replays,
    )


def _newest(event: Event) -> Message | None:
    kept = event.history.filter(kind__in=[EventKind.CREATE, EventKind.EDIT], payload__isnull=False)
    newest = kept.order_by("-revision").values_list("payload", flat=True).first()
    return None if newest is None else read_payload(json.dumps(newest), event.scope, event.message_id)


def _excerpt(message: Message | None) -> str:
    if message is None:
        return ""
    files = ", ".join(f"[{attachment.kind.value}: {attachment.name}]" for attachment in message.attachments)
    text = plain_text(message.text) or message.note or files or "[nothing]"
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


# --- judging


def _check(named: Delivery, *, whole: bool) -> None:
    event = named.event
    if Pair.objects.filter(pk=named.pair_id, status=PairStatus.REMOVED).exists():
        raise Conflict(f"Pair {named.pair_id} was removed.")
    if event.kind == EventKind.DELETE:
        return
    if event.payload is None:
        raise Conflict("What it says is no longer kept.", hint="PAYLOAD_DAYS says how long contents are kept.")
    if event.history.filter(kind=EventKind.DELETE).exists():
        raise Conflict("It was deleted in its chat since: there is nothing to send.")
    later = event.history.filter(kind=EventKind.EDIT, seq__gt=event.seq)
    if (not whole or event.kind == EventKind.EDIT) and _went_out(later, named.hop):
        raise Conflict("A later edit went out, and brought all of it.")
    if event.kind == EventKind.EDIT and (original := _dead_original(named)):
        raise Conflict(
            "Its original is a dead letter, too.", hint=f"Send {original} again: it says what the edit says."
        )


def _went_out(events: QuerySet[Event], hop: int) -> bool:
    return Delivery.objects.filter(event__in=events, hop=hop, state=HopState.SENT).exists()


def _dead_original(named: Delivery) -> int | None:
    """The create's dead letter; with it an edit has nothing to change."""
    created = named.event.history.filter(kind=EventKind.CREATE)
    dead = Delivery.objects.filter(event__in=created, hop=named.hop, state=HopState.DEAD)
    return dead.order_by("part").values_list("pk", flat=True).first()


# --- writing


def _begin_anew(dead: Sequence[Delivery]) -> None:
    """Nothing of the event went out on this hop: it is rendered again, from the newest revision."""
    first, *others = [row.pk for row in dead]
    Delivery.objects.filter(pk__in=others).delete()
    plan_anew(Delivery.objects.filter(pk=first, state=HopState.DEAD))


def _as_it_was(dead: Sequence[Delivery]) -> None:
    """Other parts went out: these follow as they were rendered then."""
    Delivery.objects.filter(pk__in=[row.pk for row in dead], state=HopState.DEAD).update(
        state=HopState.WAITING, not_before=None, tries=0, reason="", replays=F("replays") + 1
    )


def _wake_owner(named: Delivery) -> None:
    pair = named.pair
    owner = pair.sender if named.hop == 2 and pair.sender is not None else pair.reader
    if owner is not None:
        wake(owner.account)
