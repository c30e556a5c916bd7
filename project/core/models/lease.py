"""Who owns an account."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Lease(models.Model):
    """The right to use an account's key, for one process. Written by `project.core.leases` alone."""

    name = models.CharField(max_length=100, primary_key=True, help_text='The account: "session.7", "sender.3".')
    owner = models.CharField(max_length=200, db_default="", help_text='"<node id>:<uuid of the process>".')
    epoch = models.BigIntegerField(db_default=0, help_text="Grows with every change of owner.")
    expires_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True, blank=True, help_text="Set by a clean release.")
    ready_at = models.DateTimeField(db_default=Now(), help_text="No connection of the owner before this.")
    last_egress = models.CharField(max_length=64, db_default="", help_text="Address the account was last used from.")

    def __str__(self) -> str:
        return f"{self.name} ({self.owner or 'free'})"
