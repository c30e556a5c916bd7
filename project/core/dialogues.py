"""What the admin bot asked somebody, kept over restarts of the bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now

from project.core.models import BotDialogue

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OpenDialogue:
    """`name` is the declared Dialogue's."""

    name: str
    data: Mapping[str, str]


def open_dialogue(user_id: int, name: str, data: Mapping[str, str]) -> None:
    """The next plain messages of this person go to `name`, for 10 minutes. Never secrets in `data`."""
    values = {"name": name, "data": dict(data), "expires_at": Now() + LIFETIME}
    BotDialogue.objects.update_or_create(user_id=user_id, defaults=values)


def find_dialogue(user_id: int) -> OpenDialogue | None:
    """The dialogue that is open with this person."""
    row = BotDialogue.objects.filter(user_id=user_id, expires_at__gt=Now()).first()
    return None if row is None else OpenDialogue(row.name, row.data)


def close_dialogue(user_id: int) -> bool:
    """Ends it; False when none was open."""
    removed, _ = BotDialogue.objects.filter(user_id=user_id, expires_at__gt=Now()).delete()
    return removed > 0
