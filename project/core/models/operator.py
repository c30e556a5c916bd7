"""Who may use the admin bot, and what the bot was just asking them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from project.core.operators import Role


class Operator(models.Model):
    """A person by Telegram's user id. Who stands in ADMIN_USER_IDS is an owner whatever `role` says.

    Written by `project.core.whitelist` alone.
    """

    user_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=100, blank=True)
    role = models.CharField(
        max_length=10,
        blank=True,
        choices=[(role.value, role.value) for role in Role],
        help_text="Empty: only what ADMIN_USER_IDS grants.",
    )
    added_by = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(db_default=Now(), help_text="A person who was removed and added again starts anew.")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When they last asked the bot for something.")
    unreachable_since = models.DateTimeField(null=True, blank=True, help_text="The bot could not write to them.")
    unreachable_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("user_id",)

    def __str__(self) -> str:
        return f"{self.name or self.user_id} ({self.role or 'by setting'})"


class BotDialogue(models.Model):
    """The question that an operator's next plain messages answer. Never holds a secret."""

    user_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} with {self.user_id}"


class OwnerClaim(models.Model):
    """One row: the hash of the link that makes its first user the owner, and of the last one that was used."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    token_hash = models.CharField(max_length=64, blank=True, db_default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    used_hash = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_owner_claim")]

    def __str__(self) -> str:
        return "owner claim"
