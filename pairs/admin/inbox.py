"""What waits for a pair's owner."""

from __future__ import annotations

from django.contrib import admin

from pairs.models import Inbox
from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin


@admin.register(Inbox)
class InboxAdmin(ReadOnlyAdmin):
    """Asked for by the Discord listener, the console or backfill, and not yet an event."""

    list_display = (
        text("pair", lambda row: row.pair_id, ordering="pair"),
        "act",
        text("written in", lambda row: row.scope, ordering="scope"),
        text("message", lambda row: row.message_id, ordering="message_id"),
        when("not_before", "not before"),
        when("created_at", "asked"),
    )
    list_filter = ("act",)
    search_fields = ("=pair__id", "=message_id", "=scope")
    ordering = ("-id",)
    fields = ("pair", "act", "scope", "message_id", "not_before", "payload", "created_at")
