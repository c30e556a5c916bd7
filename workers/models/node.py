"""Hosts, and which host runs which account."""

from __future__ import annotations

from django.db import models


class NodeState(models.TextChoices):
    """UP takes placements; DRAINING hands them over; HELD waits for `manage.py adopt`; GONE was seen silent."""

    UP = "up"
    DRAINING = "draining"
    HELD = "held"
    GONE = "gone"


class Node(models.Model):
    """One running supervisor. A restart of the program on the same host is a new row."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=64)
    egress = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=10, choices=NodeState.choices, default=NodeState.UP)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """An account that has to run somewhere.

    `host` is the account whose process holds it: itself, or the one session that uses this sender bot.
    `node` is claimed by compare-and-set by a live supervisor; only rows with `host` = `account` are claimed.
    """

    account = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=32, db_index=True)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.SET_NULL, related_name="placements")
    pid = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    restarts = models.PositiveIntegerField(default=0)
    last_exit = models.CharField(max_length=200, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.account
