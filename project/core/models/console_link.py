"""The way from the admin bot to the admin site."""

from __future__ import annotations

from django.db import models


class ConsoleLink(models.Model):
    """An operator's sign-in link that was not used yet; a new one takes its place. Only the token's hash is stored."""

    user_id = models.BigIntegerField(primary_key=True)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link of {self.user_id}"
