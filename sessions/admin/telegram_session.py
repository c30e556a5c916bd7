"""Sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ShownAdmin
from sessions.models import TelegramSession
from sessions.services.registry import change_session

LIVING = Q(assignments__isnull=False) & ~Q(assignments__pair__status="removed")


@admin.register(TelegramSession)
class TelegramSessionAdmin(ShownAdmin):
    """All sessions; priority and number of pairs may be changed, by the same service as everywhere."""

    list_display = (
        "name",
        text("phone", lambda row: row.phone_hint),
        state("lifecycle", "state"),
        state("health"),
        text("remark", lambda row: row.health_reason),
        text("pairs", lambda row: f"{row.living_pairs} of {row.max_pairs}", ordering="living_pairs"),
        "priority",
        when("created_at", "registered"),
    )
    list_filter = ("lifecycle", "health")
    search_fields = ("name", "=user_id")
    ordering = ("name",)
    fields = (
        *("name", "phone_hint", "user_id", "lifecycle", "health", "health_reason"),
        *("priority", "max_pairs", "device", "metadata", "created_at", "updated_at"),
    )
    readonly_fields = (
        *("name", "phone_hint", "user_id", "lifecycle", "health", "health_reason"),
        *("device", "metadata", "created_at", "updated_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of living pairs, in the same query."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(living_pairs=Count("assignments", filter=LIVING))
        return rows

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """By the service, which writes the audit trail."""
        change_session(
            actor=f"admin:{request.user.get_username()}",
            name=obj.name,
            priority=obj.priority,
            max_pairs=obj.max_pairs,
        )
