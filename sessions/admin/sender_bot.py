"""Sender bots."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin
from sessions.models import SenderBot


@admin.register(SenderBot)
class SenderBotAdmin(ReadOnlyAdmin):
    """All sender bots; tokens are never shown."""

    list_display = (
        text("sender", str, ordering="username"),
        "bot_id",
        state("state"),
        text("pairs", lambda row: row.living_pairs, ordering="living_pairs"),
        text("remark", lambda row: row.reason),
        when("flood_until", "waits until"),
        when("created_at", "registered"),
    )
    list_filter = ("state",)
    search_fields = ("username", "=bot_id")
    ordering = ("username", "bot_id")
    fields = ("username", "bot_id", "state", "reason", "flood_until", "device", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of living pairs, in the same query."""
        living = Count("pairs", filter=~Q(pairs__status="removed"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(living_pairs=living)
        return rows
