"""Logins."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import state, when
from project.core.admin.readonly import ReadOnlyAdmin
from sessions.models import LoginAttempt


@admin.register(LoginAttempt)
class LoginAttemptAdmin(ReadOnlyAdmin):
    """How each login went, newest first; codes and passwords are never shown."""

    list_display = (
        "account",
        state("step"),
        "delivery",
        "tries",
        "error",
        when("created_at", "begun"),
        when("expires_at", "until"),
    )
    list_filter = ("step",)
    search_fields = ("=account",)
    ordering = ("-id",)
    fields = ("account", "step", "delivery", "code_length", "tries", "error", "created_at", "updated_at", "expires_at")
