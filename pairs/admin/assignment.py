"""Which session reads which pair's source."""

from __future__ import annotations

from django.contrib import admin

from pairs.models import Assignment
from project.core.admin.columns import text
from project.core.admin.readonly import ReadOnlyAdmin


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    """The assignments as they stand."""

    list_display = (
        text("pair", lambda row: row.pair_id, ordering="pair"),
        text("source", lambda row: row.pair.source_name, ordering="pair__source_title"),
        "session",
        "group",
        "generation",
    )
    list_filter = ("session",)
    list_select_related = ("pair", "session")
    search_fields = ("=pair__id", "session__name", "pair__source_title")
    ordering = ("session__name", "group", "pair")
    fields = ("pair", "session", "group", "generation")
