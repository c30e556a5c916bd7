"""Pairs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from pairs.models import Pair
from project.core.admin.columns import state, text
from project.core.admin.readonly import ReadOnlyAdmin


@admin.register(Pair)
class PairAdmin(ReadOnlyAdmin):
    """What is relayed where. Pairs are made on the command line, where chats are looked up."""

    list_display = (
        text("pair", lambda row: row.pk, ordering="pk"),
        text("source", lambda row: row.source_title or row.source_chat, ordering="source_title"),
        text("Discord", lambda row: _discord(row), ordering="discord_title"),
        text("destination", lambda row: row.destination_title or row.destination_chat, ordering="destination_title"),
        text("session", lambda row: _session(row), ordering="assignment__session__name"),
        text("sender", lambda row: row.sender or "the session", ordering="sender__username"),
        state("status"),
        text("remark", lambda row: row.status_reason),
        text("messages", lambda row: row.last_seq, ordering="last_seq"),
    )
    list_filter = ("status", "assignment__session", "sender")
    list_select_related = ("assignment__session", "sender")
    search_fields = (
        *("=id", "source_title", "source_username", "destination_title", "discord_title"),
        *("=source_chat", "=discord_channel", "=destination_chat"),
    )
    ordering = ("id",)
    fields = (
        *("status", "status_reason", "status_until"),
        *("source_title", "source_chat", "source_username"),
        *("discord_title", "discord_channel", "discord_guild", "webhook_id"),
        *("destination_title", "destination_chat", "sender"),
        *("cursor", "last_seq", "wanted_session", "options", "created_at"),
    )


def _session(row: Any) -> str:
    assignment = getattr(row, "assignment", None)
    return assignment.session.name if assignment else ""


def _discord(row: Any) -> str:
    return f"{row.discord_title or row.discord_channel} ({'webhook' if row.webhook_id else 'bot'})"
