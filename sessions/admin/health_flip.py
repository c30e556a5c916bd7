"""Changes of health."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import state, when
from project.core.admin.readonly import ReadOnlyAdmin
from sessions.models import HealthFlip


@admin.register(HealthFlip)
class HealthFlipAdmin(ReadOnlyAdmin):
    """The timeline, newest first."""

    list_display = ("session", state("before"), state("after"), "reason", when("at", "when"), when("processed", "told"))
    list_filter = ("after",)
    list_select_related = ("session",)
    search_fields = ("session__name", "reason")
    ordering = ("-id",)
    fields = ("session", "before", "after", "reason", "at", "processed")
