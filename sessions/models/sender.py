"""A bot that posts to destinations over MTProto."""

from __future__ import annotations

from django.db import models
from django.db.models import QuerySet


class SenderState(models.TextChoices):
    """REGISTERED until its token was imported once; DEAD when Telegram refused the token or the key."""

    REGISTERED = "registered"
    ACTIVE = "active"
    DEAD = "dead"
    REMOVED = "removed"


class SenderBot(models.Model):
    """A sender bot. Its token is sealed here; the auth key it was imported to is sealed in AccountSecret."""

    bot_id = models.BigIntegerField(help_text="the number before the colon of its token")
    username = models.CharField(max_length=64, blank=True, default="")
    token_sealed = models.BinaryField()
    state = models.CharField(max_length=12, choices=SenderState.choices, default=SenderState.REGISTERED)
    reason = models.CharField(max_length=200, blank=True, default="")
    flood_until = models.DateTimeField(null=True, blank=True)
    device = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "bot_id", condition=~models.Q(state="removed"), name="sender_bot_unique_among_live"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.username}" if self.username else f"bot {self.bot_id}"

    @classmethod
    def living(cls) -> QuerySet[SenderBot]:
        """All but the removed ones, whose rows stay for the trail."""
        return cls.objects.exclude(state=SenderState.REMOVED)

    @property
    def account(self) -> str:
        """Name of its lease, placement, secret and Celery queue."""
        return f"sender.{self.pk}"
