"""Removing pairs: the rows stay for the trail, nothing is sent any more."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from pairs.models import Assignment, Delivery, HopState, Inbox, Pair, PairStatus
from pairs.services.stillness import UNFINISHED
from project.core import notices
from project.core.audit import record
from project.core.errors import NotFound
from sessions.services.login import wake

GONE = "the pair was removed"


def remove_pairs(*, actor: str, pair_ids: Sequence[int], reason: str = "", correlation_id: str = "") -> list[int]:
    """Removes pairs, all or none; what is queued is skipped, what stands in the chats stays. A call that is under way
    ends; nothing begins after this has committed. Raises NotFound naming the ids that are no pairs."""
    wanted = sorted(set(pair_ids))
    with transaction.atomic():
        living = Pair.living().filter(pk__in=wanted)
        pairs = list(living.select_for_update(no_key=True, of=("self",)).order_by("pk"))
        unknown = sorted(set(wanted) - {pair.pk for pair in pairs})
        if unknown:
            raise NotFound(f"There is no pair {', '.join(map(str, unknown))}.", hint="Nothing was removed.")
        owners = dict(Assignment.objects.filter(pair__in=pairs).values_list("pair_id", "session__name"))
        accounts = _accounts(pairs)
        # Writers of a pair with a session are fenced by its assignment, those of a sender bot by what they may claim.
        Assignment.objects.filter(pair__in=pairs).delete()
        skipped = _skip_queue(pairs)
        Inbox.objects.filter(pair__in=pairs).delete()
        notices.end(*(f"pair.{pair.pk}" for pair in pairs))
        for pair in pairs:
            _remove(pair)
            record(
                actor=actor,
                action="pair.remove",
                target=f"pair.{pair.pk}",
                before=_route(pair) | {"session": owners.get(pair.pk, "")},
                after={"status": PairStatus.REMOVED, "queued parts skipped": skipped.get(pair.pk, 0)},
                reason=reason,
                correlation_id=correlation_id,
            )
        for account in sorted({"placements", *accounts}):
            wake(account)
    return [pair.pk for pair in pairs]


def queued(pair_ids: Sequence[int]) -> int:
    """How many messages wait to be sent for these pairs, on either hop."""
    rows = Delivery.objects.filter(UNFINISHED, pair__in=pair_ids)
    return rows.values("event").distinct().count()


def _accounts(pairs: Sequence[Pair]) -> set[str]:
    sessions = {f"session.{id_}" for id_ in Assignment.objects.filter(pair__in=pairs).values_list("session", flat=True)}
    return sessions | {f"sender.{pair.sender_id}" for pair in pairs if pair.sender_id}


def _skip_queue(pairs: Sequence[Pair]) -> dict[int, int]:
    """How many parts of each pair will never go. Those being sent right now end by themselves."""
    waiting = Delivery.objects.filter(UNFINISHED, pair__in=pairs).exclude(state=HopState.SENDING)
    counts: dict[int, int] = {}
    for pair_id in waiting.order_by("pk").select_for_update().values_list("pair_id", flat=True):
        counts[pair_id] = counts.get(pair_id, 0) + 1
    waiting.update(state=HopState.SKIPPED, reason=GONE, not_before=None)
    return counts


def _remove(pair: Pair) -> None:
    pair.status, pair.status_reason, pair.status_until = PairStatus.REMOVED, "", None
    pair.wanted_session = None
    pair.webhook_sealed = None  # the id stays: posts of this webhook are known to be ours
    pair.save(update_fields=["status", "status_reason", "status_until", "wanted_session", "webhook_sealed"])


def _route(pair: Pair) -> dict[str, object]:
    return {
        "source": pair.source_chat,
        "discord": pair.discord_channel,
        "destination": pair.destination_chat,
        "sender": pair.sender_id,
        "status": pair.status,
    }
