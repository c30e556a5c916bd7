"""The access matrix."""

from __future__ import annotations

from django.contrib import admin

from pairs.models import SourceAccess
from project.core.admin.columns import state, when
from project.core.admin.readonly import ReadOnlyAdmin


@admin.register(SourceAccess)
class SourceAccessAdmin(ReadOnlyAdmin):
    """Which session can read which source."""

    list_display = ("session", "source_chat", state("access"), when("checked_at", "checked"))
    list_filter = ("access", "session")
    list_select_related = ("session",)
    search_fields = ("session__name", "=source_chat")
    ordering = ("session__name", "source_chat")
    fields = ("session", "source_chat", "access", "checked_at")
