"""Bulk work on pairs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from pairs.services.progress import stop, undo
from project.core.admin.acts import Asked, actor_of, asks, each
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import Operation


@admin.register(Operation)
class OperationAdmin(ReadOnlyAdmin):
    """How far it is, newest first."""

    actions = ("stop_work", "undo_work")
    list_display = (
        text("what", lambda row: row.title, ordering="title"),
        state("state"),
        text("done", lambda row: f"{row.done} of {row.total}" + (f", {row.failed} failed" if row.failed else "")),
        "actor",
        text("remark", lambda row: row.note),
        when("started_at", "begun"),
        when("finished_at", "ended"),
    )
    list_filter = ("state", "kind")
    search_fields = ("title", "actor", "=correlation_id")
    ordering = ("-id",)
    fields = (
        *("kind", "title", "actor", "state", "total", "done", "failed", "stop_asked", "note", "payload"),
        *("undo_until", "undone_at", "started_at", "finished_at", "correlation_id"),
    )

    @admin.action(permissions=["act"], description="Stop selected work where it stands")
    @asks(Asked("Stop work", "Stop", "What has moved by now stays moved."))
    def stop_work(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service, which withdraws what has not changed hands."""
        each(self, request, rows, lambda row: stop(row.pk, actor=actor_of(request)), "Stopped")

    @admin.action(permissions=["act"], description="Undo selected work")
    @asks(Asked("Undo work", "Undo", "Every pair goes back, all or none; possible for an hour."))
    def undo_work(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service, with the same pre-flight as any move."""
        each(self, request, rows, lambda row: undo(row.pk, actor=actor_of(request)), "Undone")
