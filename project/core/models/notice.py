"""What operators have to hear, whoever is listening at that moment."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Severity(models.TextChoices):
    """INFO: well again, or went by itself. WARNING: somebody should look. CRITICAL: something stands still."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Notice(models.Model):
    """One thing to tell all operators, written in the transaction of what happened.

    `key` names what it is about ("session.7", "host.node1"). The bot sets `sent_at`, the second channel `alerted_at`;
    each has its own, since one of them may be what is broken.
    """

    key = models.CharField(max_length=100)
    text = models.TextField()
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="when what it tells of was over")
    sent_at = models.DateTimeField(null=True, blank=True)
    buttons = models.JSONField(
        default=list, db_default=[], blank=True, help_text="what can be done about it: [text, act, arguments …]"
    )
    failed = models.JSONField(default=dict, blank=True, help_text="operators whom it did not reach, and why")
    alerted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="notice_unsent", condition=models.Q(sent_at=None)),
            models.Index(fields=["id"], name="notice_unalerted", condition=models.Q(alerted_at=None)),
            models.Index(fields=["key", "-id"], name="notice_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.severity} {self.key}"
