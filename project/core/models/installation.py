"""What belongs to the installation as a whole."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Installation(models.Model):
    """One row. `random_id_key` is sealed and never changes: the ids that stop repeats come from it.

    The other columns bind it to this database (`project.core.binding`).
    """

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    random_id_key = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    database_stamp = models.CharField(
        max_length=80, blank=True, db_default="", help_text="Server, database and table it is bound to; empty: not yet."
    )
    timeline = models.BigIntegerField(null=True, blank=True, help_text="PostgreSQL's; another one means a fail-over.")
    bound_at = models.DateTimeField(null=True, blank=True)
    switching_to = models.BigIntegerField(null=True, blank=True, help_text="The timeline after a fail-over.")
    switching_since = models.DateTimeField(null=True, blank=True, help_text="The hand-over counts from here.")
    held_because = models.CharField(
        max_length=300, blank=True, db_default="", help_text="Why no account is used until `python manage.py adopt`."
    )
    resumed_at = models.DateTimeField(
        null=True, blank=True, help_text="Source messages before this may have been sent by the installation before."
    )

    discord_bot_id = models.BigIntegerField(null=True, blank=True, help_text="Who the Discord token belongs to.")
    discord_token_mark = models.CharField(
        max_length=64, blank=True, db_default="", help_text="Keyed hash of the token that this was asked with."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_installation")]

    seal_owner = "installation"

    def __str__(self) -> str:
        return str(self.uid)
