"""Errors of the platforms that no table of ours knows."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class PlatformError(models.Model):
    """How often one was answered. It was judged by its class; the platform's errors.csv wants a row for it."""

    platform = models.CharField(max_length=16)
    code = models.CharField(max_length=100, help_text="The platform's own name or number of the error.")
    status = models.CharField(max_length=100, help_text="Its class: Telegram's error number, Discord's HTTP status.")
    method = models.CharField(max_length=100, help_text="What was asked.")
    times = models.PositiveBigIntegerField(db_default=1)
    first_at = models.DateTimeField(db_default=Now(), editable=False)
    last_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("platform", "code", "status", "method", name="platform_error_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.code}"
