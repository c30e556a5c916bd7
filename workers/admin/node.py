"""Nodes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from project.core.admin.acts import Asked, actor_of, asks, each
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin
from workers.models import Node
from workers.services.nodes import drain_node, resume_node


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    """Running supervisors and those that ran before, newest first."""

    actions = ("drain", "resume")
    list_display = (
        "name",
        state("state"),
        when("heartbeat_at", "heartbeat"),
        text("accounts", lambda row: row.accounts, ordering="accounts"),
        text("address", lambda row: row.egress, ordering="egress"),
        text("memory free", lambda row: _size(row.memory_free), ordering="memory_free"),
        text("disk free", lambda row: _size(row.disk_free), ordering="disk_free"),
        text("CPU %", lambda row: row.cpu_percent, ordering="cpu_percent"),
        when("started_at", "started"),
    )
    list_filter = ("state", "name")
    search_fields = ("name", "egress")
    ordering = ("-started_at",)
    fields = ("id", "name", "egress", "state", "pid", "drain_asked", "started_at", "heartbeat_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of placements, in the same query."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(accounts=Count("placements"))
        return rows

    @admin.action(permissions=["act"], description="Drain selected nodes")
    @asks(Asked("Drain nodes", "Drain them", "Their accounts go to other nodes; they take none until resumed."))
    def drain(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service: each account goes after its worker has drained."""
        each(self, request, rows, lambda row: drain_node(actor=actor_of(request), name=row.name), "Draining")

    @admin.action(permissions=["act"], description="Let selected nodes take accounts again")
    def resume(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        """By the service."""
        each(self, request, queryset, lambda row: resume_node(actor=actor_of(request), name=row.name), "Resumed")


def _size(count: int | None) -> str:
    return "" if count is None else f"{count / 2**30:.1f} GiB"
