"""Worker groups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from project.core.admin.acts import actor_of, each
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin
from workers.models import WorkerGroup
from workers.services.restart import Target, restart


@admin.register(WorkerGroup)
class WorkerGroupAdmin(ReadOnlyAdmin):
    """Groups of pairs as their workers last reported them."""

    actions = ("restart_groups",)
    list_display = (
        text("group", lambda row: f"{row.session.name}/{row.number}", ordering="session__name"),
        state("state"),
        text("pairs", lambda row: row.counters.get("pairs")),
        text("sent", lambda row: row.counters.get("sent")),
        text("restarts", lambda row: row.restarts, ordering="restarts"),
        when("heartbeat_at", "heartbeat"),
    )
    list_filter = ("state",)
    list_select_related = ("session",)
    search_fields = ("session__name",)
    ordering = ("session__name", "number")
    fields = ("session", "number", "state", "restarts", "heartbeat_at", "counters")

    @admin.action(permissions=["act"], description="Restart selected groups")
    def restart_groups(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each ends its calls and starts anew; its session's other group goes on."""

        def act(row: Any) -> object:
            return restart(actor=actor_of(request), target=Target(row.session.name, row.number))

        each(self, request, queryset.select_related("session"), act, "Asked to restart")
