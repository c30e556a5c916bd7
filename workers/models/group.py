"""A worker group: up to 30 pairs of one session, run as one supervised task tree."""

from __future__ import annotations

from django.db import models


class WorkerGroup(models.Model):
    """State and counters of a group, as its worker last reported them."""

    session = models.ForeignKey("tg_sessions.TelegramSession", on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, default="running")
    heartbeat_at = models.DateTimeField()
    counters = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint("session", "number", name="group_number_unique_per_session")]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.number}"
