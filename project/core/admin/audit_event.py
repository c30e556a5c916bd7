"""The audit trail."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = (when("at", "when"), "actor", "action", "target", "reason")
    list_filter = ("action",)
    search_fields = ("actor", "target", "correlation_id")
    date_hierarchy = "at"
