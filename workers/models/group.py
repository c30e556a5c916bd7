"""A worker group: up to 30 pairs of one session, run as one supervised task tree."""

from __future__ import annotations

from django.db import models


class GroupState(models.TextChoices):
    """PLANNED: no worker has reported it yet; RESTARTING: something in it broke, and it waits for its next start."""

    PLANNED = "planned"
    RUNNING = "running"
    RESTARTING = "restarting"


class WorkerGroup(models.Model):
    """State and counters of a group, as its worker last reported them.

    `restarts` counts those since its process started; `restart_token` asks the worker for one more, and the worker
    takes it away when it begins.
    """

    session = models.ForeignKey("tg_sessions.TelegramSession", on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=GroupState.choices, default=GroupState.RUNNING)
    heartbeat_at = models.DateTimeField()
    counters = models.JSONField(default=dict)
    restarts = models.PositiveIntegerField(default=0, db_default=0)
    restart_token = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("session", "number", name="group_number_unique_per_session")]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.number}"
