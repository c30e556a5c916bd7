"""Placements."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin
from workers.models import Placement


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    """Which node runs which account."""

    list_display = (
        "account",
        text("in the process of", lambda row: row.host, ordering="host"),
        text("node", lambda row: row.node, ordering="node__name"),
        text("process", lambda row: row.pid, ordering="pid"),
        when("started_at", "started"),
        "restarts",
        text("last end", lambda row: row.last_exit),
    )
    list_filter = ("node__name",)
    list_select_related = ("node",)
    search_fields = ("account", "host", "node__name")
    ordering = ("account",)
    fields = ("account", "host", "node", "pid", "started_at", "restarts", "last_exit", "updated_at")
