"""What one hop does about an event, part by part. This table is the link between the three chats."""

from __future__ import annotations

from django.db import models

from pairs.models.event import Event
from pairs.models.pair import Pair


class Act(models.TextChoices):
    """What the hop does: EDIT and DELETE name their target in `remote_id`; PLAN is a row not yet rendered."""

    PLAN = "plan"
    POST = "post"
    EDIT = "edit"
    DELETE = "delete"


class HopState(models.TextChoices):
    """Design §5 says what follows from each."""

    WAITING = "waiting"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    DEAD = "dead"


class Delivery(models.Model):
    """One part on one hop. `sending` is committed before the call, with key, identity, time and the rendered part."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    hop = models.PositiveSmallIntegerField()
    part = models.PositiveSmallIntegerField(default=0)
    act = models.CharField(max_length=8, choices=Act.choices, default=Act.PLAN)
    state = models.CharField(max_length=8, choices=HopState.choices, default=HopState.WAITING)
    source_message = models.BigIntegerField(help_text="the source message this part shows")
    rendered = models.JSONField(null=True)
    key = models.CharField(max_length=32, blank=True, default="")
    identity = models.CharField(max_length=40, blank=True, default="", help_text="who sent it: the key's other half")
    attempted_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="attempts that the platform did not decide about")
    troubled_at = models.DateTimeField(null=True, help_text="the first of those attempts")
    replays = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="times it was sent again by hand")
    not_before = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    remote_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint("event", "hop", "part", name="delivery_unique_per_part")]
        indexes = [
            models.Index(
                fields=["pair", "hop", "seq", "part"],
                name="delivery_lane",
                condition=models.Q(state__in=["waiting", "sending"]),
            ),
            models.Index(
                fields=["pair", "hop", "remote_id"],
                name="delivery_remote",
                condition=models.Q(remote_id__isnull=False),
            ),
            models.Index(fields=["event", "hop"], name="delivery_dead", condition=models.Q(state="dead")),
            models.Index(fields=["pair", "hop"], name="delivery_held", condition=models.Q(state="held")),
        ]

    def __str__(self) -> str:
        return f"{self.pair_id}#{self.seq} hop {self.hop} part {self.part} {self.state}"
