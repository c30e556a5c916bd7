"""A question that only an account's live connection can answer, and its answer."""

from __future__ import annotations

from django.db import models


class Lookup(models.Model):
    """`reference` is a chat as a person names it; empty asks who the account itself is. With `chats` (bare ids) it is
    asked what it sees of all of these at once. With `join` it becomes a member of the public chat `reference`.

    A second client on the same key could cost the user the account, so doors ask the owner through this row.
    """

    account = models.CharField(max_length=32, db_index=True)
    reference = models.CharField(max_length=200, blank=True, default="")
    chats = models.JSONField(null=True)
    join = models.BooleanField(default=False, db_default=False)
    answer = models.JSONField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account} {self.reference}"
