"""Sign-in links that were not used yet."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import ConsoleLink


@admin.register(ConsoleLink)
class ConsoleLinkAdmin(ReadOnlyAdmin):
    """Whose link is out, and until when; never its hash."""

    list_display = ("user_id", when("made_at", "made"), when("expires_at", "until"))
    ordering = ("-made_at",)
    fields = ("user_id", "made_at", "expires_at")
