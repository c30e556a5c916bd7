"""Limits that several processes share."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import RateSlot


@admin.register(RateSlot)
class RateSlotAdmin(ReadOnlyAdmin):
    """Limits as they stand."""

    list_display = ("key", "taken", "most", "seconds", when("opens_at", "window from"), when("blocked_until", "waits"))
    ordering = ("key",)
    search_fields = ("key",)
