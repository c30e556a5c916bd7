"""Nodes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin
from workers.models import Node


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    """Running supervisors and those that ran before, newest first."""

    list_display = (
        "name",
        state("state"),
        when("heartbeat_at", "heartbeat"),
        text("accounts", lambda row: row.accounts, ordering="accounts"),
        text("address", lambda row: row.egress, ordering="egress"),
        text("process", lambda row: row.pid, ordering="pid"),
        when("started_at", "started"),
    )
    list_filter = ("state", "name")
    search_fields = ("name", "egress")
    ordering = ("-started_at",)
    fields = ("id", "name", "egress", "state", "pid", "started_at", "heartbeat_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of placements, in the same query."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(accounts=Count("placements"))
        return rows
