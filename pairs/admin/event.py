"""The journal."""

from __future__ import annotations

from django.contrib import admin

from pairs.models import Event
from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened, newest first. Content is on the event's own page, as long as retention keeps it."""

    list_display = (
        text("event", lambda row: f"{row.pair_id}#{row.seq}", ordering="id"),
        text("source", lambda row: row.pair.source_name, ordering="pair__source_title"),
        "kind",
        text("written in", lambda row: row.scope, ordering="scope"),
        text("message", lambda row: row.message_id, ordering="message_id"),
        "revision",
        when("created_at", "journaled"),
    )
    list_filter = ("kind",)
    list_select_related = ("pair",)
    search_fields = ("=pair__id", "=message_id", "=scope")
    search_help_text = "Pair, message id or chat (tg:1234567890, dc:1234567890)"
    ordering = ("-id",)
    fields = ("pair", "seq", "kind", "scope", "message_id", "revision", "edited", "payload", "created_at")
