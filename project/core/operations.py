"""Bulk work with progress, stop and undo. Whoever does the work says how far it is; anybody may look or ask to stop."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from project.core.audit import record
from project.core.clock import database_now
from project.core.errors import Conflict, NotFound
from project.core.models import Operation, OperationState

UNDO_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OperationView:
    """Bulk work as the doors show it. `eta`: seconds until it is done, None while that cannot be told. `seen_at`: when
    it was read, by the database's clock."""

    id: int
    kind: str
    title: str
    actor: str
    correlation_id: str
    state: str
    total: int
    done: int
    failed: int
    stop_asked: bool
    note: str
    payload: Mapping[str, Any]
    undo: Mapping[str, Any] | None
    undo_until: datetime | None
    undone: bool
    eta: float | None
    seen_at: datetime
    untold: str = ""

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self.state == OperationState.RUNNING


def new_correlation_id() -> str:
    """Joins an operation and the audit events of its parts."""
    return uuid.uuid4().hex


def eta(*, total: int, done: int, elapsed: float) -> float | None:
    """Seconds until all is done at the pace so far; None before anything is."""
    if done <= 0:
        return None
    return max(0.0, elapsed * (total - done) / done)


def begin(
    *,
    kind: str,
    title: str,
    actor: str,
    total: int,
    payload: Mapping[str, Any],
    undo: Mapping[str, Any] | None = None,
    correlation_id: str = "",
    untold: str = "",
) -> OperationView:
    """Notes bulk work in the caller's transaction. With `undo` it can be taken back for an hour. `untold`: the key of
    the notice that people are to get about it; until `mark_told` it is among the `untold_operations`."""
    operation = Operation.objects.create(
        kind=kind,
        title=title[:200],
        actor=actor,
        correlation_id=correlation_id or new_correlation_id(),
        total=total,
        payload=payload,
        undo=undo,
        undo_until=database_now() + UNDO_FOR if undo else None,
        untold=untold,
    )
    operation.refresh_from_db()
    return _view(operation)


def advance(operation_id: int, *, done: int, failed: int = 0) -> OperationView:
    """How far it is by now; tells whether somebody asked to stop. Does nothing to one that has ended."""
    running = Operation.objects.filter(pk=operation_id, state=OperationState.RUNNING)
    running.update(done=done, failed=failed, heard_at=Now())
    return find_operation(operation_id)


def finish(operation_id: int, state: OperationState, *, note: str = "") -> OperationView:
    """It has ended; the first to say so is right."""
    Operation.objects.filter(pk=operation_id, state=OperationState.RUNNING).update(
        state=state, note=note[:300], finished_at=database_now()
    )
    return find_operation(operation_id)


def stop(operation_id: int, *, actor: str) -> OperationView:
    """Asks to stop; what is done stays done. Raises NotFound, and Conflict when it has ended."""
    with transaction.atomic():
        running = Operation.objects.filter(pk=operation_id, state=OperationState.RUNNING)
        if not running.update(stop_asked=True):
            raise Conflict(f"{find_operation(operation_id).title}: that has ended already.")
        record(actor=actor, action="operation.stop", target=f"operation.{operation_id}")
    return find_operation(operation_id)


def take_undo(operation_id: int) -> OperationView:
    """Claims the undo, once, in the caller's transaction. Raises NotFound, and Conflict when it is too late."""
    free = Operation.objects.filter(pk=operation_id, undo__isnull=False, undone_at=None, undo_until__gt=database_now())
    if free.update(undone_at=database_now()):
        return find_operation(operation_id)
    raise Conflict(_why_not(find_operation(operation_id)))


def require_undo(operation: OperationView) -> None:
    """Raises Conflict when it cannot be taken back now."""
    if why_not := _why_not(operation):
        raise Conflict(why_not)


def may_undo(operation: OperationView) -> bool:
    """Whether it can be taken back now."""
    return not _why_not(operation)


def find_operation(operation_id: int) -> OperationView:
    """Raises NotFound."""
    operation = Operation.objects.filter(pk=operation_id).first()
    if operation is None:
        raise NotFound(f"There is no operation {operation_id}.")
    return _view(operation)


def running_operations() -> list[OperationView]:
    """Those that are under way, oldest first."""
    return [_view(one) for one in Operation.objects.filter(state=OperationState.RUNNING).order_by("pk")]


def silent_operations(kinds: Collection[str], *, silent: timedelta, actors: str = "") -> list[OperationView]:
    """Those of these kinds under way of which nothing was heard for so long, oldest first, locked in the caller's
    transaction. `actors`: how the names of who began them begin."""
    silent_ones = Operation.objects.select_for_update(skip_locked=True).filter(
        state=OperationState.RUNNING, kind__in=kinds, heard_at__lte=Now() - silent, actor__startswith=actors
    )
    return [_view(one) for one in silent_ones.order_by("pk")]


def untold_operations(kind: str) -> list[OperationView]:
    """Those of a kind that people have yet to hear of, oldest first, locked in the caller's transaction."""
    rows = Operation.objects.select_for_update().exclude(untold="").filter(kind=kind)
    return [_view(one) for one in rows.order_by("pk")]


def mark_told(ids: Collection[int]) -> None:
    """People heard of these, in the caller's transaction."""
    Operation.objects.filter(pk__in=ids).update(untold="")


def lasting_operations(kind: str, *, since: datetime) -> list[OperationView]:
    """Those of a kind begun since a time that nobody took back, oldest first."""
    kept = Operation.objects.filter(kind=kind, started_at__gte=since, undone_at=None)
    return [_view(one) for one in kept.order_by("pk")]


def _why_not(operation: OperationView) -> str:
    if operation.undo is None or operation.undo_until is None:
        return "This cannot be undone."
    if operation.undone:
        return "This was undone already."
    if operation.undo_until <= operation.seen_at:
        return "This can be undone for an hour; that is over."
    return ""


def _view(operation: Operation) -> OperationView:
    now = database_now()
    elapsed = ((operation.finished_at or now) - operation.started_at).total_seconds()
    running = operation.state == OperationState.RUNNING
    return OperationView(
        id=operation.pk,
        kind=operation.kind,
        title=operation.title,
        actor=operation.actor,
        correlation_id=operation.correlation_id,
        state=operation.state,
        total=operation.total,
        done=operation.done,
        failed=operation.failed,
        stop_asked=operation.stop_asked,
        note=operation.note,
        payload=operation.payload,
        undo=operation.undo,
        undo_until=operation.undo_until,
        undone=operation.undone_at is not None,
        eta=eta(total=operation.total, done=operation.done + operation.failed, elapsed=elapsed) if running else None,
        seen_at=now,
        untold=operation.untold,
    )
