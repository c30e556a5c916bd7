"""The journal: what happened, in the order the pair's owner numbered it."""

from __future__ import annotations

from django.db import models
from django.db.models import QuerySet

from pairs.models.pair import Pair


class Event(models.Model):
    """One create, edit or delete of one message, for one pair. Immutable, except that retention empties `payload`.

    `scope` + `message_id` name the message where it was written ("tg:<channel>" or "dc:<channel>").
    """

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    scope = models.CharField(max_length=40)
    message_id = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=8)
    payload = models.JSONField(null=True)
    content_hash = models.BinaryField()
    edited = models.BigIntegerField(default=0, help_text="edit date, Unix seconds; 0 for none")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("pair", "seq", name="event_seq_unique_per_pair"),
            models.UniqueConstraint(
                "pair", "scope", "message_id", "kind", "revision", name="event_unique_per_revision"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="event_content_age", condition=models.Q(payload__isnull=False))
        ]

    @property
    def history(self) -> QuerySet[Event]:
        """All that the journal holds of the same message in this pair, itself included."""
        return Event.objects.filter(pair_id=self.pair_id, scope=self.scope, message_id=self.message_id)

    def __str__(self) -> str:
        return f"{self.pair_id}#{self.seq} {self.kind} {self.scope}/{self.message_id}"


class Inbox(models.Model):
    """What the Discord listener, the console and backfill ask for. Only the pair's owner turns a row into an Event."""

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="inbox")
    scope = models.CharField(max_length=40)
    message_id = models.BigIntegerField()
    act = models.CharField(max_length=8)
    content_hash = models.BinaryField(null=True)
    payload = models.JSONField(null=True)
    not_before = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "inbox"
        constraints = [
            models.UniqueConstraint(
                "pair",
                "scope",
                "message_id",
                "act",
                "content_hash",
                name="inbox_ask_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pair_id} {self.act} {self.scope}/{self.message_id}"
