"""What the bot was just asking operators."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import BotDialogue


@admin.register(BotDialogue)
class BotDialogueAdmin(ReadOnlyAdmin):
    """Open questions of the bot."""

    list_display = ("user_id", "name", when("expires_at", "until"))
    search_fields = ("=user_id", "name")
    ordering = ("user_id",)
    fields = ("user_id", "name", "expires_at")
