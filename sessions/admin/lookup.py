"""Questions to live connections."""

from __future__ import annotations

from typing import Any

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
        text("found", lambda row: _found(row.answer)),
        "error",
        when("created_at", "asked"),
        when("answered_at", "answered"),
    )
    search_fields = ("=account", "reference")
    ordering = ("-id",)
    fields = ("account", "reference", "error", "created_at", "answered_at")  # an answer may hold a phone number


def _found(answer: Any) -> str:
    """A chat's title, an account's name, or how many chats were looked at."""
    if isinstance(answer, list):
        return f"{len(answer)} chats"
    return str(answer.get("title") or answer.get("name") or "") if isinstance(answer, dict) else ""
