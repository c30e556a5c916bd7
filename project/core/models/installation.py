"""What belongs to the installation as a whole."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Installation(models.Model):
    """One row. `random_id_key` is sealed and never changes: the ids that stop repeats come from it."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    random_id_key = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_installation")]

    def __str__(self) -> str:
        return str(self.uid)
