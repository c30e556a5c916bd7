"""The installation."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import Installation


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    """Its id and age; its key is never shown."""

    list_display = ("uid", "created_at")
    fields = ("uid", "created_at")
