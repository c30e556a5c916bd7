"""Which accounts have a key."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from sessions.models import AccountSecret


@admin.register(AccountSecret)
class AccountSecretAdmin(ReadOnlyAdmin):
    """That there is a key, and since when; never the key."""

    list_display = ("account", when("updated_at", "stored"))
    search_fields = ("=account",)
    ordering = ("account",)
    fields = ("account", "updated_at")
