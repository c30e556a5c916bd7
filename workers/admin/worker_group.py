"""Worker groups."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import state, when
from project.core.admin.readonly import ReadOnlyAdmin
from workers.models import WorkerGroup


@admin.register(WorkerGroup)
class WorkerGroupAdmin(ReadOnlyAdmin):
    """Groups of pairs as their workers last reported them."""

    list_display = ("session", "number", state("state"), when("heartbeat_at", "heartbeat"), "counters")
    list_filter = ("state",)
    list_select_related = ("session",)
    search_fields = ("session__name",)
    ordering = ("session__name", "number")
    fields = ("session", "number", "state", "heartbeat_at", "counters")
