"""Health checks."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import passed, when
from project.core.admin.readonly import ReadOnlyAdmin
from sessions.models import HealthCheck


@admin.register(HealthCheck)
class HealthCheckAdmin(ReadOnlyAdmin):
    """What each check saw, newest first."""

    list_display = ("session", passed("passed", "good"), "code", when("at", "when"))
    list_filter = ("passed", "code")
    list_select_related = ("session",)
    search_fields = ("session__name", "code")
    ordering = ("-id",)
    fields = ("session", "passed", "code", "detail", "at")
