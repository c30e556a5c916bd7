"""Errors of the platforms that nobody has judged yet."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import PlatformError


@admin.register(PlatformError)
class PlatformErrorAdmin(ReadOnlyAdmin):
    """What was answered, the latest first."""

    list_display = ("platform", "code", "status", "method", "times", when("first_at", "first"), when("last_at", "last"))
    ordering = ("-last_at",)
    search_fields = ("code", "method")
