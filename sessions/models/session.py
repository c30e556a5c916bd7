"""A Telegram user login, as the operator registered it."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Lower

from sessions.domain.health import Health
from sessions.domain.names import NAME_PATTERN
from sessions.models.health import HEALTHS

NAME = RegexValidator(rf"\A{NAME_PATTERN}\Z", "Use 1 to 32 letters, digits and underscores.")


class Lifecycle(models.TextChoices):
    """What the operator and the login did with the session so far. Beat checks ACTIVE only."""

    REGISTERED = "registered"
    LOGIN = "login"
    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class TelegramSession(models.Model):
    """One user account's login. Its auth key is sealed in AccountSecret under `account`."""

    name = models.CharField(max_length=32, validators=[NAME])
    phone_sealed = models.BinaryField(help_text="the phone number, sealed")
    phone_hint = models.CharField(max_length=24, help_text="the phone number, masked")
    user_id = models.BigIntegerField(null=True, blank=True, help_text="Telegram's id of the account, known after login")
    priority = models.PositiveSmallIntegerField(default=1, help_text="1 to 10, higher is preferred")
    max_pairs = models.PositiveSmallIntegerField(default=30, help_text="1 to 50")
    lifecycle = models.CharField(max_length=12, choices=Lifecycle.choices, default=Lifecycle.REGISTERED)
    health = models.CharField(max_length=12, choices=HEALTHS, default=Health.UNKNOWN)
    health_reason = models.CharField(max_length=200, blank=True, default="")
    health_cause = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text='what it shares its trouble with: "host.node1"; empty: itself',
    )
    failover = models.BooleanField(
        default=True, db_default=True, help_text="whether others take its pairs when it cannot work"
    )
    check_asked = models.UUIDField(null=True, blank=True, help_text="somebody waits for a check with this mark")
    device = models.JSONField(help_text="device profile, fixed at registration")
    proxy_sealed = models.BinaryField(null=True, blank=True)
    api_id = models.PositiveIntegerField(null=True, blank=True, help_text="overrides TELEGRAM_API_ID")
    api_hash_sealed = models.BinaryField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "Telegram session"
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=~models.Q(lifecycle="deleted"), name="session_name_unique_among_live"
            ),
            models.UniqueConstraint(
                "user_id", condition=~models.Q(lifecycle="deleted"), name="session_account_unique_among_live"
            ),
            models.CheckConstraint(
                condition=models.Q(priority__gte=1, priority__lte=10), name="session_priority_1_to_10"
            ),
            models.CheckConstraint(
                condition=models.Q(max_pairs__gte=1, max_pairs__lte=50), name="session_max_pairs_1_to_50"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def living(cls) -> QuerySet[TelegramSession]:
        """All but the deleted ones, whose rows stay for the trail."""
        return cls.objects.exclude(lifecycle=Lifecycle.DELETED)

    @property
    def account(self) -> str:
        """Name of its lease, placement, secret and Celery queue."""
        return f"session.{self.pk}"
