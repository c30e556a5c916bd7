"""Deliveries."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from pairs.models import Delivery
from pairs.services.deadletters import replay_these
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ReadOnlyAdmin

PLATFORMS = {1: "Discord", 2: "Telegram"}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What each hop did, newest first. Dead letters can be sent again."""

    actions = ("send_again",)

    list_display = (
        text("event", lambda row: f"{row.pair_id}#{row.seq}", ordering="id"),
        text("source", lambda row: row.pair.source_name, ordering="pair__source_title"),
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
        *("attempted_at", "tries", "replays", "not_before", "reason", "identity", "key", "rendered"),
    )

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may change deliveries, although nobody edits them."""
        return bool(request.user.has_perm("pairs.change_delivery"))

    @admin.action(permissions=["replay"], description="Send selected dead letters again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """By the service, which writes the audit trail; what cannot be sent is told with its reason."""
        firsts = queryset.order_by("event_id", "hop", "part").distinct("event_id", "hop")
        done = replay_these(firsts.values_list("pk", flat=True), actor=f"admin:{request.user.get_username()}")
        if done.sent_again:
            self.message_user(request, f"Sent again: {done.sent_again}.")
        for letter_id, why in done.refused:
            self.message_user(request, f"{letter_id}: {why}", messages.WARNING)


def _remark(row: Any) -> str:
    waits = f"not before {row.not_before:%H:%M:%S} UTC" if row.not_before and row.state == "waiting" else ""
    tries = f"refused {row.tries} times" if row.tries else ""
    return ", ".join(part for part in (row.reason, tries, waits) if part)
