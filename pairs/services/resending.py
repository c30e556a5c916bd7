"""From a trace: sending a message again, and deleting what came of it. Nothing is doubled without being asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from pairs.journal.rows import AGAIN
from pairs.models import Act, Delivery, Event, HopState, Inbox, Pair, PairStatus
from pairs.services import deadletters
from pairs.services.anew import plan_anew
from pairs.services.stillness import wake_owners
from project.core.audit import record
from project.core.clock import database_now
from project.core.errors import Conflict, NotFound
from project.core.message import EventKind

_OPEN = (HopState.WAITING, HopState.SENDING, HopState.HELD)
_RUNNING = (PairStatus.ACTIVE, PairStatus.DEGRADED)


@dataclass(frozen=True, slots=True)
class Resend:
    """What sending a message again would mean. `dead`: hops that never delivered it, which simply try once more.
    `appears_again`: hops where it went out, or was skipped, and would stand a second time."""

    event_id: int
    pair_id: int
    pair_status: str
    dead: tuple[int, ...]
    appears_again: tuple[int, ...]

    @property
    def waits(self) -> bool:
        """Whether the pair does not send at the moment."""
        return self.pair_status not in _RUNNING


def plan_resend(event_id: int) -> Resend:
    """What a resend would do. Raises NotFound, and Conflict when there is nothing to send, or it is on its way."""
    event = Event.objects.select_related("pair").filter(pk=event_id, kind=EventKind.CREATE).first()
    if event is None or event.pair.status == PairStatus.REMOVED:
        raise NotFound("The journal does not hold this message any more.")
    states = _states(event)
    if any(state in _OPEN for found in states.values() for state in found):
        raise Conflict("It is on its way already.", hint="Its trace says what it waits for.")
    if event.payload is None:
        raise Conflict("What it says is no longer kept.", hint="PAYLOAD_DAYS says how long contents are kept.")
    if _deleted(event):
        raise Conflict("It was deleted since: there is nothing to send.")
    dead = tuple(hop for hop, found in states.items() if HopState.DEAD in found)
    again = () if dead else tuple(states)
    return Resend(event.pk, event.pair_id, event.pair.status, dead, again)


def resend(*, actor: str, event_id: int, agreed: Sequence[int] = ()) -> Resend:
    """Sends again what did not arrive. Where all of it did, one more copy goes out, on the hops that were `agreed` to:
    earlier copies stay, and later edits and deletes reach the new one. Raises as `plan_resend`."""
    with transaction.atomic():
        list(Event.objects.select_for_update().filter(pk=event_id))  # of two presses one finds it on its way
        plan = plan_resend(event_id)
        if not plan.dead and set(plan.appears_again) - set(agreed):
            raise Conflict("It arrived: it would appear again.", hint="Confirm that first.")
        if plan.dead:
            _replay(actor, plan)
        else:
            _once_more(actor, plan)
    return plan


def delete_downstream(*, actor: str, event_id: int) -> PairStatus:
    """Has every copy of a message deleted that stands downstream of where it was written; the pair's status, since only
    one that runs does so. The message itself stays. Raises NotFound, and Conflict when it is deleted already."""
    with transaction.atomic():
        event = Event.objects.select_related("pair").filter(pk=event_id, kind=EventKind.CREATE).first()
        if event is None or event.pair.status == PairStatus.REMOVED:
            raise NotFound("The journal does not hold this message any more.")
        if _deleted(event):
            raise Conflict("It was deleted already.")
        scope, message_id = _named_as(event)
        Inbox.objects.bulk_create(
            [
                Inbox(
                    pair=event.pair,
                    scope=scope,
                    message_id=message_id,
                    act=EventKind.DELETE.value,
                    created_at=database_now(),
                )
            ],
            ignore_conflicts=True,
        )
        record(actor=actor, action="message.delete", target=f"pair.{event.pair_id}", before={"message": str(event)})
        wake_owners(event.pair)
    return PairStatus(event.pair.status)


def _named_as(event: Event) -> tuple[str, int]:
    """A post of ours on Discord stands for the message on both hops, as when a moderator deletes it; without one there
    is nothing to delete on Discord."""
    posts = Delivery.objects.filter(event=event, hop=1, act=Act.POST, remote_id__isnull=False)
    post = posts.order_by("part").values_list("remote_id", flat=True).first()
    return (event.scope, event.message_id) if post is None else (f"dc:{event.pair.discord_channel}", post)


def _states(event: Event) -> dict[int, set[str]]:
    states: dict[int, set[str]] = {}
    for hop, state in Delivery.objects.filter(event=event).order_by("hop").values_list("hop", "state"):
        states.setdefault(hop, set()).add(state)
    return states


def _deleted(event: Event) -> bool:
    return event.history.filter(kind=EventKind.DELETE).exists()


def _replay(actor: str, plan: Resend) -> None:
    for hop in plan.dead:
        dead = Delivery.objects.filter(event_id=plan.event_id, hop=hop, state=HopState.DEAD).order_by("part").first()
        if dead is not None:
            deadletters.replay(dead.pk, actor=actor)


def _once_more(actor: str, plan: Resend) -> None:
    """Each hop renders it anew, in its newest content, under a key of its own."""
    rows = Delivery.objects.filter(event_id=plan.event_id)
    before = list(rows.order_by("hop", "part").values_list("hop", "part", "state", "remote_id"))
    rows.filter(part__gt=0).delete()
    plan_anew(rows, key=AGAIN)
    pair = Pair.objects.get(pk=plan.pair_id)
    record(
        actor=actor,
        action="message.resend",
        target=f"pair.{pair.pk}",
        before={"event": plan.event_id, "copies": [list(row) for row in before]},
    )
    wake_owners(pair)
