"""What operators were told."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import Notice


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Newest first; whom a notice did not reach stands on its page."""

    list_display = (
        state("severity"),
        text("about", lambda row: row.key, ordering="key"),
        text("text", lambda row: row.text[:160]),
        when("created_at", "when"),
        when("sent_at", "told by the bot"),
        when("alerted_at", "second channel"),
        when("ended_at", "over"),
    )
    list_filter = ("severity", "created_at")
    search_fields = ("key", "text")
    ordering = ("-id",)
    fields = ("severity", "key", "text", "created_at", "sent_at", "failed", "alerted_at", "ended_at")
