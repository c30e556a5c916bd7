"""Hosts, and which host runs which account."""

from __future__ import annotations

from django.db import models


class NodeState(models.TextChoices):
    """UP takes placements; DRAINING hands them over; HELD waits for `manage.py adopt`; GONE was seen silent."""

    UP = "up"
    DRAINING = "draining"
    HELD = "held"
    GONE = "gone"


class ProcessState(models.TextChoices):
    """What the supervisor last saw of an account's process. NONE: there is none."""

    NONE = "", "none"
    BOOTING = "booting"
    UP = "up"
    STOPPING = "stopping"


class Node(models.Model):
    """One running supervisor. A restart of the program on the same host is a new row.

    Sizes are in bytes; `cpu_percent` is of all processors together, since the last measurement. Nodes of one
    `egress_name` leave from one public address. `loaded_since`: its memory or CPU has been over the threshold from then
    on; `relieved_at`: it last gave an account away for that.
    """

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=64)
    egress = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=10, choices=NodeState.choices, default=NodeState.UP)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    drain_asked = models.BooleanField(default=False, db_default=False, help_text="a person wants it without accounts")
    memory_total = models.BigIntegerField(null=True, blank=True)
    memory_free = models.BigIntegerField(null=True, blank=True)
    disk_total = models.BigIntegerField(null=True, blank=True)
    disk_free = models.BigIntegerField(null=True, blank=True)
    cpu_percent = models.FloatField(null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)
    egress_name = models.CharField(max_length=64, blank=True, default="", db_default="")
    loaded_since = models.DateTimeField(null=True, blank=True)
    relieved_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """An account that has to run somewhere.

    `host` is the account whose process holds it: itself, or the one session that uses this sender bot.
    `node` is claimed by compare-and-set by a live supervisor; only rows with `host` = `account` are claimed.
    `memory` is what the process does not share with its parent, `resident` all of it, in bytes; `cpu_percent` of one
    processor. `restart_token` asks the node to restart the process; the node takes it away when it begins.
    """

    account = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=32, db_index=True)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.SET_NULL, related_name="placements")
    pid = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    restarts = models.PositiveIntegerField(default=0)
    last_exit = models.CharField(max_length=200, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)
    state = models.CharField(
        max_length=10, choices=ProcessState.choices, default=ProcessState.NONE, db_default="", blank=True
    )
    memory = models.BigIntegerField(null=True, blank=True)
    resident = models.BigIntegerField(null=True, blank=True)
    cpu_percent = models.FloatField(null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)
    restart_token = models.UUIDField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True, help_text="when it last went to another node for balance")
    connected_at = models.DateTimeField(
        null=True, blank=True, help_text="when its process last said that its account is connected"
    )

    def __str__(self) -> str:
        return self.account
