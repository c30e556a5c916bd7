"""What the checks saw, and every change of state."""

from __future__ import annotations

from django.db import models

from sessions.domain.health import Health

HEALTHS = [(health.value, health.name.capitalize()) for health in Health]


class HealthCheck(models.Model):
    """One check, as the owner's live connection saw it."""

    session = models.ForeignKey("tg_sessions.TelegramSession", on_delete=models.CASCADE, related_name="checks")
    at = models.DateTimeField(db_index=True)
    passed = models.BooleanField()
    code = models.CharField(max_length=64, blank=True, default="", help_text="the platform's name of the error")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["session", "-at"], name="healthcheck_latest")]

    def __str__(self) -> str:
        return f"{self.session_id} {'passed' if self.passed else self.code}"


class HealthFlip(models.Model):
    """A change of health: timeline and alert outbox at once. `processed` is the time its notice went out."""

    session = models.ForeignKey("tg_sessions.TelegramSession", on_delete=models.CASCADE, related_name="flips")
    at = models.DateTimeField()
    before = models.CharField(max_length=12, choices=HEALTHS)
    after = models.CharField(max_length=12, choices=HEALTHS)
    reason = models.CharField(max_length=200, blank=True, default="")
    cause = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text='what it shares its trouble with: "host.node1"; empty: itself',
    )
    processed = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["session", "-at"], name="healthflip_latest"),
            models.Index(fields=["id"], name="healthflip_untold", condition=models.Q(processed=None)),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.before} -> {self.after}"
