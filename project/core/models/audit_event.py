"""Who did what to what, and when."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class AuditEvent(models.Model):
    """One act, written in the transaction that acts. A trigger refuses to change or delete rows."""

    at = models.DateTimeField(db_default=Now(), editable=False, db_index=True)
    actor = models.CharField(
        max_length=200, help_text='Who acted: "operator:<id>", "command", "beat", "worker:<account>".'
    )
    action = models.CharField(max_length=100, help_text='What was done: "pair.add".')
    target = models.CharField(max_length=200, help_text='To what: "pair:7", "session:3".')
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    reason = models.TextField(blank=True)
    correlation_id = models.CharField(max_length=64, blank=True, help_text="Joins the events of one command.")

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("target", "-id"), name="audit_by_target")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
