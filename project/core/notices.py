"""What all operators have to hear. Rows are the outbox: `post` commits with what happened, others deliver."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from project.core.models import Notice, Severity

__all__ = ["Notice", "Severity", "end", "is_open", "post"]

LONGEST = 2000  # characters of one notice


def post(key: str, text: str, *, severity: Severity = Severity.INFO) -> Notice:
    """Tell all operators, through the bot and the second channel, in the caller's transaction.

    `key` names what it is about ("session.7"); `text` is plain, for people, without secrets.
    """
    return Notice.objects.create(key=key[:100], text=text[:LONGEST], severity=severity)


def is_open(key: str) -> bool:
    """Whether people were told of trouble with `key` that is not over."""
    return _open(key).exists()


def end(key: str) -> int:
    """What was told about `key` is over; how many notices that ends. Tell it in words with `post`."""
    return _open(key).update(ended_at=timezone.now())


def _open(key: str) -> QuerySet[Notice]:
    return Notice.objects.filter(key=key, ended_at=None).exclude(severity=Severity.INFO)
