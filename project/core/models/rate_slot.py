"""How much of a limit that several processes share is used up."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class RateSlot(models.Model):
    """One limit of a platform, counted in windows from their first use. Written by `project.core.rateslots` alone."""

    key = models.CharField(max_length=200, primary_key=True, help_text='What is limited: "dc:global", "dc:webhook:7".')
    opens_at = models.DateTimeField(db_default=Now(), help_text="Begin of the last window that was handed out from.")
    taken = models.PositiveIntegerField(db_default=0, help_text="Slots of that window that are gone.")
    most = models.PositiveIntegerField(db_default=0, help_text="Slots of a window.")
    seconds = models.FloatField(db_default=0, help_text="Length of a window.")
    granted = models.PositiveIntegerField(db_default=0, help_text="What the last reservation got.")
    blocked_until = models.DateTimeField(null=True, blank=True, help_text="The platform asked to wait until then.")

    def __str__(self) -> str:
        return self.key
