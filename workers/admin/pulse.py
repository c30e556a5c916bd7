"""Signs of life of control, Beat, nodes and scheduled tasks."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin
from workers.models import Pulse


@admin.register(Pulse)
class PulseAdmin(ReadOnlyAdmin):
    """When each was last seen to work, by the database's clock."""

    list_display = (
        "name",
        when("at", "last sign of life"),
        text("its clock is ahead (s)", lambda row: f"{row.ahead:.1f}"),
    )
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "at", "ahead")
