"""Holding a pair's queue while its place changes: nothing is claimed for the old place after that, by anybody.

A stale owner is fenced by a new generation; a sender bot's process, which knows no generation, by rows that are `held`.
The pair is paused with a near end, so that control lets it go on when whoever holds it dies half-way.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pairs.domain.status import Standing, Status
from pairs.models import Assignment, Delivery, HopState, Pair, PairStatus
from pairs.services.statuses import Change, set_statuses, standing_of
from sessions.services.login import wake

REASON = "Its settings are being changed."
MOST = timedelta(minutes=3)  # that a change may take; then control lets the pair go on as it was
CALL = 12.0  # seconds that a call under way may take; lanes that are closed cut it off earlier
_STEP = 0.1
_RUNNING = (PairStatus.ACTIVE, PairStatus.DEGRADED, PairStatus.ERROR)


@dataclass(frozen=True, slots=True)
class Still:
    """A pair that is held. `settled`: no call was under way in the end; otherwise a part may or may not have gone."""

    pair_id: int
    settled: bool


@contextmanager
def still(pair_id: int, hops: Collection[int]) -> Iterator[Still]:
    """Holds the queue of these hops; afterwards the pair is what it was, and one that stood in `error` is tried again.

    Blocks up to 12 s, for calls under way. Not within a transaction.
    """
    before = _hold(pair_id, hops)
    try:
        yield Still(pair_id, _wait_for_calls(pair_id, hops))
    finally:
        _release(pair_id, before)


def let_go(pair_ids: Collection[int] | None = None) -> int:
    """Rows that are held though no change of settings is under way are due again: of these pairs, or of all."""
    held = Delivery.objects.filter(state=HopState.HELD)
    if pair_ids is not None:
        held = held.filter(pair__in=pair_ids)
    return held.exclude(pair__status=PairStatus.PAUSED, pair__status_reason=REASON).update(state=HopState.WAITING)


def _hold(pair_id: int, hops: Collection[int]) -> Standing | None:
    """What the pair was, if it ran; None if it did not."""
    with transaction.atomic():
        pair = Pair.objects.select_for_update(no_key=True, of=("self",)).get(pk=pair_id)
        before = standing_of(pair) if pair.status in _RUNNING else None
        if before is not None:
            change = Change(pair_id, PairStatus(pair.status), Standing(Status.PAUSED, REASON), timezone.now() + MOST)
            set_statuses([change])
        Assignment.objects.filter(pair=pair).update(generation=F("generation") + 1)
        Delivery.objects.filter(pair=pair, hop__in=hops, state=HopState.WAITING).update(state=HopState.HELD)
        wake_owners(pair)
    return before


def _wait_for_calls(pair_id: int, hops: Collection[int]) -> bool:
    calls = Delivery.objects.filter(pair=pair_id, hop__in=hops, state=HopState.SENDING)
    deadline = time.monotonic() + CALL
    while calls.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(_STEP)
    return True


def _release(pair_id: int, before: Standing | None) -> None:
    with transaction.atomic():
        pair = Pair.objects.select_for_update(no_key=True, of=("self",)).get(pk=pair_id)
        ours = pair.status == PairStatus.PAUSED and pair.status_reason == REASON
        if before is not None and ours:
            after = Standing(Status.ACTIVE) if before.status is Status.ERROR else before
            set_statuses([Change(pair_id, PairStatus.PAUSED, after)])
        Delivery.objects.filter(pair=pair, state=HopState.HELD).update(state=HopState.WAITING)
        wake_owners(pair)


def wake_owners(pair: Pair) -> None:
    """Tells the processes that work the pair, at commit."""
    sessions = Assignment.objects.filter(pair=pair).values_list("session", flat=True)
    for account in (*(f"session.{id_}" for id_ in sessions), *([f"sender.{pair.sender_id}"] if pair.sender_id else [])):
        wake(account)
