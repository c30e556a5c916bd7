"""A pair relays one source chat to one Discord channel and on to one destination chat."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet

from pairs.domain.status import PairStatus
from sessions.models import TelegramSession

_STATUSES = [(status.value, status.name.capitalize()) for status in PairStatus]


class Pair(models.Model):
    """Chat ids are bare (without -100). `cursor` is the last source message id that is committed to the journal."""

    source_chat = models.BigIntegerField()
    source_title = models.CharField(max_length=255, blank=True, default="")
    source_username = models.CharField(max_length=64, blank=True, default="")
    discord_channel = models.BigIntegerField()
    discord_guild = models.BigIntegerField(null=True, blank=True)
    discord_title = models.CharField(max_length=255, blank=True, default="")
    webhook_id = models.BigIntegerField(null=True, blank=True, help_text="empty: the Discord bot posts")
    webhook_sealed = models.BinaryField(null=True, blank=True, help_text="the webhook's token, sealed")
    former_webhooks = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="ids of webhooks that it posted through before",
    )
    destination_chat = models.BigIntegerField()
    destination_title = models.CharField(max_length=255, blank=True, default="")
    destination_username = models.CharField(max_length=64, blank=True, default="", db_default="")
    sender = models.ForeignKey(
        "tg_sessions.SenderBot",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pairs",
        help_text="empty: the session itself posts",
    )
    options = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=12, choices=_STATUSES, default=PairStatus.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True, default="")
    status_until = models.DateTimeField(null=True, blank=True)
    status_code = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="the name of the error that stopped it"
    )
    status_before = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="of a parked pair: what it is again when a session takes it",
    )
    reason_before = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="the reason of that"
    )
    cursor = models.BigIntegerField(null=True, blank=True)
    last_seq = models.BigIntegerField(default=0)
    wanted_session = models.ForeignKey(
        "tg_sessions.TelegramSession",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="wanted_pairs",
    )
    parked_generation = models.BigIntegerField(
        default=0,
        db_default=0,
        help_text="of the assignment that it lost when it was parked; the next one goes on from it",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    people_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text="people's messages in the Discord channel are relayed from then on; empty: since it was made",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "source_chat",
                "discord_channel",
                "destination_chat",
                condition=~models.Q(status="removed"),
                name="pair_route_unique_among_live",
            ),
        ]

    def __str__(self) -> str:
        return f"pair {self.pk}"

    @classmethod
    def living(cls) -> QuerySet[Pair]:
        """All but the removed ones, whose rows stay for the trail."""
        return cls.objects.exclude(status=PairStatus.REMOVED)

    @property
    def reader(self) -> TelegramSession | None:
        """The session that reads its source; None while it has none. Lists select `assignment__session`."""
        assignment: Assignment | None = getattr(self, "assignment", None)
        return assignment.session if assignment else None

    @property
    def source_name(self) -> str:
        """As people know the source: its title, else its id."""
        return self.source_title or str(self.source_chat)

    @property
    def discord_name(self) -> str:
        """As people know the Discord channel: its title, else its id."""
        return self.discord_title or str(self.discord_channel)

    @property
    def destination_name(self) -> str:
        """As people know the destination: its title, else its id."""
        return self.destination_title or str(self.destination_chat)

    @property
    def seal_owner(self) -> str:
        """Whom its webhook's token is sealed for."""
        return f"pair.{self.pk}"


class Assignment(models.Model):
    """Which session reads a pair's source. `generation` grows with every hand-over and fences the writers."""

    pair = models.OneToOneField(Pair, on_delete=models.CASCADE, primary_key=True, related_name="assignment")
    session = models.ForeignKey("tg_sessions.TelegramSession", on_delete=models.PROTECT, related_name="assignments")
    group = models.PositiveSmallIntegerField(default=1, help_text="number of the worker group within the session")
    generation = models.BigIntegerField(default=1)

    @classmethod
    def living(cls) -> QuerySet[Assignment]:
        """Those of pairs that were not removed."""
        return cls.objects.exclude(pair__status=PairStatus.REMOVED)

    def __str__(self) -> str:
        return f"pair {self.pair_id} -> session {self.session_id}"
