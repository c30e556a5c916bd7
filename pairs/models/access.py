"""Which session can read which source."""

from __future__ import annotations

from django.db import models


class Access(models.TextChoices):
    """What the last look at a source through a session showed."""

    MEMBER = "member"
    BANNED = "banned"
    PROTECTED = "protected"
    GUEST = "guest"  # it may read the public chat, but is told of nothing there
    UNKNOWN = "unknown"


class SourceAccess(models.Model):
    """One cell of the access matrix session x source."""

    session = models.ForeignKey("tg_sessions.TelegramSession", on_delete=models.CASCADE, related_name="access")
    source_chat = models.BigIntegerField()
    access = models.CharField(max_length=12, choices=Access.choices, default=Access.UNKNOWN)
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "source access"
        constraints = [models.UniqueConstraint("session", "source_chat", name="access_unique_per_session_and_source")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.source_chat} {self.access}"
