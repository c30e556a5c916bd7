"""When what runs in the background last showed that it lives."""

from __future__ import annotations

from django.db import models


class Pulse(models.Model):
    """A sign of life by the database's clock. Written by `workers.services.pulses` alone.

    `name`: "control" (its rounds), "beat" (the one that leads), "node.<name>", or a task that ran in control.
    `ahead`: seconds by which the wall clock of whoever wrote it was ahead of the database's.
    """

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()
    ahead = models.FloatField(default=0.0, db_default=0.0)

    def __str__(self) -> str:
        return self.name
