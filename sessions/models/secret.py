"""What lets a program be an account: its sealed Telethon state."""

from __future__ import annotations

from django.db import models


class AccountSecret(models.Model):
    """Auth key, exported DC keys, entities and update states of one account, sealed as one blob.

    Written only by the process that holds the account's lease.
    """

    account = models.CharField(max_length=32, primary_key=True)
    sealed = models.BinaryField()
    dead_code = models.CharField(
        max_length=64, blank=True, default="", help_text="Telegram's error that ended this key; empty while it lives"
    )
    imported = models.CharField(
        max_length=16, blank=True, default="", db_default="", help_text="key id of a login that another program made"
    )
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.account
