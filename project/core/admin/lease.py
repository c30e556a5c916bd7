"""Who owns which account."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import Lease


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Leases as they stand."""

    list_display = (
        "name",
        "owner",
        "epoch",
        when("expires_at", "until"),
        when("released_at", "released"),
        text("address", lambda row: row.last_egress, ordering="last_egress"),
    )
    ordering = ("name",)
    search_fields = ("name", "owner")
