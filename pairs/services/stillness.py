"""Holding a pair's queue while its place changes: nothing is sent to the old place after that, by anybody.

The pair is paused under a new generation; the processes that work it tell when they have let go (`relay_still`). Rows
are `held` meanwhile, since a sender bot's process knows no generation. The pause has a near end, so that control lets
the pair go on when whoever holds it dies half-way.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from pairs.domain.status import PairStatus, Standing
from pairs.models import Assignment, Delivery, HopState, Pair
from pairs.services.statuses import Change, set_statuses, standing_of
from project.core.clock import database_now
from project.core.config import current
from project.core.models import Lease
from sessions.services.login import wake

REASON = "Its settings are being changed."
MOST = timedelta(minutes=3)  # that a change may take; then control lets the pair go on as it was
DEAF = 45.0  # seconds after which even a process that was not woken has looked at its pairs and ended its calls
# Each side has an index of its own; the three states in one list have none.
UNFINISHED = Q(state__in=[HopState.WAITING, HopState.SENDING]) | Q(state=HopState.HELD)
_RUNNING = (PairStatus.ACTIVE, PairStatus.DEGRADED, PairStatus.ERROR)


@dataclass(frozen=True, slots=True)
class Still:
    """A pair that is held. `settled`: no call was under way in the end; otherwise a part may or may not have gone."""

    pair_id: int
    settled: bool


@contextmanager
def still(pair_id: int, hops: Collection[int]) -> Iterator[Still]:
    """Holds the queue of these hops; afterwards the pair is what it was, and one that stood in `error` is tried again.

    Blocks for a second or two, up to 8 for calls under way, 45 when a wake-up is lost. Not within a transaction.
    """
    with psycopg.connect(current().database_direct_url, autocommit=True) as ears:
        ears.execute("LISTEN relay_still")
        held = _hold(pair_id, hops)
        try:
            _wait(ears, held.awaited)
            calls = Delivery.objects.filter(pair=pair_id, hop__in=hops, state=HopState.SENDING)
            yield Still(pair_id, settled=not calls.exists())
        finally:
            _release(pair_id, held.before)


def let_go(pair_ids: Collection[int] | None = None) -> int:
    """Rows that are held though no change of settings is under way are due again: of these pairs, or of all."""
    held = Delivery.objects.filter(state=HopState.HELD)
    if pair_ids is not None:
        held = held.filter(pair__in=pair_ids)
    return held.exclude(pair__status=PairStatus.PAUSED, pair__status_reason=REASON).update(state=HopState.WAITING)


@dataclass(frozen=True, slots=True)
class _Held:
    """`before`: what the pair was, if it ran. `awaited`: what its processes will say when they have let go."""

    before: Standing | None
    awaited: frozenset[str]


def _hold(pair_id: int, hops: Collection[int]) -> _Held:
    with transaction.atomic():
        pair = Pair.objects.select_for_update(no_key=True, of=("self",)).get(pk=pair_id)
        before = standing_of(pair) if pair.status in _RUNNING else None
        if before is not None:
            change = Change(pair_id, before.status, Standing(PairStatus.PAUSED, REASON), database_now() + MOST)
            set_statuses([change])
        Assignment.objects.filter(pair=pair).update(generation=F("generation") + 1)
        Delivery.objects.filter(pair=pair, hop__in=hops, state=HopState.WAITING).update(state=HopState.HELD)
        wake_owners(pair)
    return _Held(before, _awaited(pair))


def _awaited(pair: Pair) -> frozenset[str]:
    """One word from each account of the pair that a process holds at the moment."""
    generation = Assignment.objects.filter(pair=pair).values_list("generation", flat=True).first()
    live = Lease.objects.filter(name__in=_accounts(pair), expires_at__gt=Now(), released_at=None).exclude(owner="")
    return frozenset(f"{pair.pk}:{generation}:{name}" for name in live.values_list("name", flat=True))


def _wait(ears: psycopg.Connection[Any], awaited: frozenset[str]) -> None:
    deadline, left = time.monotonic() + DEAF, set(awaited)
    while left and (seconds := deadline - time.monotonic()) > 0:
        left -= {heard.payload for heard in ears.notifies(timeout=seconds, stop_after=1)}


def _release(pair_id: int, before: Standing | None) -> None:
    with transaction.atomic():
        pair = Pair.objects.select_for_update(no_key=True, of=("self",)).get(pk=pair_id)
        ours = pair.status == PairStatus.PAUSED and pair.status_reason == REASON
        if before is not None and ours:
            after = Standing(PairStatus.ACTIVE) if before.status is PairStatus.ERROR else before
            set_statuses([Change(pair_id, PairStatus.PAUSED, after)])
        Delivery.objects.filter(pair=pair, state=HopState.HELD).update(state=HopState.WAITING)
        wake_owners(pair)


def wake_owners(pair: Pair) -> None:
    """Tells the processes that work the pair, at commit."""
    for account in _accounts(pair):
        wake(account)


def _accounts(pair: Pair) -> list[str]:
    sessions = Assignment.objects.filter(pair=pair).values_list("session", flat=True)
    return [*(f"session.{id_}" for id_ in sessions), *([f"sender.{pair.sender_id}"] if pair.sender_id else [])]
