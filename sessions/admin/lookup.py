"""Questions to live connections."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin
from sessions.models import Lookup


@admin.register(Lookup)
class LookupAdmin(ReadOnlyAdmin):
    """What was asked and answered, newest first."""

    list_display = (
        "account",
        text("asked for", lambda row: row.reference or "itself", ordering="reference"),
        text("found", lambda row: (row.answer or {}).get("title") or (row.answer or {}).get("name")),
        "error",
        when("created_at", "asked"),
        when("answered_at", "answered"),
    )
    search_fields = ("=account", "reference")
    ordering = ("-id",)
    fields = ("account", "reference", "error", "created_at", "answered_at")  # an answer may hold a phone number
