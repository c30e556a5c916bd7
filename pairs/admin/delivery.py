"""Deliveries."""

from __future__ import annotations

from django.contrib import admin

from pairs.models import Delivery
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin

HOPS = {1: "to Discord", 2: "to Telegram"}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What each hop did, newest first."""

    list_display = (
        text("event", lambda row: f"{row.pair_id}#{row.seq}", ordering="id"),
        text("source", lambda row: row.pair.source_title or row.pair.source_chat, ordering="pair__source_title"),
        text("hop", lambda row: HOPS.get(row.hop, row.hop), ordering="hop"),
        "part",
        "act",
        state("state"),
        "tries",
        when("attempted_at", "tried"),
        when("not_before", "not before"),
        text("remark", lambda row: row.reason),
        text("remote id", lambda row: row.remote_id, ordering="remote_id"),
    )
    list_filter = ("state", "hop", "act")
    list_select_related = ("pair",)
    search_fields = ("=pair__id", "=remote_id", "=source_message")
    search_help_text = "Pair, or the message's id at the source, on Discord or at the destination"
    ordering = ("-id",)
    fields = (
        ("pair", "seq", "event"),
        ("hop", "part", "act", "state"),
        ("source_message", "remote_id"),
        ("attempted_at", "tries", "not_before"),
        "reason",
        ("identity", "key"),
        "rendered",
    )
