"""Deliveries."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from pairs.models import Delivery
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin

PLATFORMS = {1: "Discord", 2: "Telegram"}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What each hop did, newest first."""

    list_display = (
        text("event", lambda row: f"{row.pair_id}#{row.seq}", ordering="id"),
        text("source", lambda row: row.pair.source_title or row.pair.source_chat, ordering="pair__source_title"),
        text("to", lambda row: PLATFORMS.get(row.hop, row.hop), ordering="hop"),
        text("act", lambda row: f"{row.act}, part {row.part + 1}" if row.part else row.act, ordering="act"),
        state("state"),
        when("attempted_at", "tried"),
        text("remark", lambda row: _remark(row)),
        text("message id there", lambda row: row.remote_id, ordering="remote_id"),
    )
    list_filter = ("state", "hop", "act")
    list_select_related = ("pair",)
    search_fields = ("=pair__id", "=remote_id", "=source_message")
    search_help_text = "Pair, or the message's id at the source, on Discord or at the destination"
    ordering = ("-id",)
    fields = (
        *("pair", "seq", "event", "hop", "part", "act", "state", "source_message", "remote_id"),
        *("attempted_at", "tries", "not_before", "reason", "identity", "key", "rendered"),
    )


def _remark(row: Any) -> str:
    waits = f"not before {row.not_before:%H:%M:%S} UTC" if row.not_before and row.state == "waiting" else ""
    tries = f"refused {row.tries} times" if row.tries else ""
    return ", ".join(part for part in (row.reason, tries, waits) if part)
