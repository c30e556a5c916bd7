"""Bulk work that takes a while: how far it is, and how it is undone."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class OperationState(models.TextChoices):
    """RUNNING until all is done, somebody stopped it, or nothing more can be done about the rest (FAILED)."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Operation(models.Model):
    """One act on many things, asked for once. Written by `project.core.operations` alone."""

    kind = models.CharField(max_length=40, help_text='What is done: "pairs.move".')
    title = models.CharField(max_length=200, help_text="The same in words, for people.")
    actor = models.CharField(max_length=200)
    correlation_id = models.CharField(max_length=64, db_index=True, help_text="Joins its audit events.")
    state = models.CharField(max_length=10, choices=OperationState.choices, default=OperationState.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    stop_asked = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True, default="", help_text="How it ended, for people.")
    payload = models.JSONField(default=dict, help_text="What it is about.")
    undo = models.JSONField(null=True, blank=True, help_text="What takes it back; empty: nothing does.")
    undo_until = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    untold = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Key of the notice about it that is to come."
    )
    heard_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When whoever does it last said how far it is."
    )
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["id"], name="operation_running", condition=models.Q(state="running")),
            models.Index(fields=["id"], name="operation_untold", condition=~models.Q(untold="")),
        ]

    def __str__(self) -> str:
        return self.title
