"""What all operators have to hear. Rows are the outbox: `post` commits with what happened, others deliver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from project.core.clock import database_now
from project.core.models import Notice, Severity

__all__ = ["INSERT", "Notice", "NoticeButton", "Severity", "end", "is_open", "post"]

LONGEST = 2000  # characters of one notice
# For workers, who write with asyncpg: key, text, severity, buttons (`NoticeButton.stored`).
INSERT = """
INSERT INTO core_notice (key, text, severity, buttons, failed) VALUES ($1, left($2, 2000), $3, $4::jsonb, '{}')
"""


@dataclass(frozen=True, slots=True)
class NoticeButton:
    """What can be done about a notice at once: `act` names a button's act in the bot. `text` tells what it is about,
    since several notices may share a message."""

    text: str
    act: str
    args: tuple[str, ...] = ()

    @property
    def stored(self) -> list[str]:
        """Its form in `Notice.buttons`."""
        return [self.text, self.act, *self.args]

    @classmethod
    def read(cls, stored: Sequence[str]) -> NoticeButton:
        """The opposite of `stored`."""
        text, act, *args = stored
        return cls(text, act, tuple(args))


def post(key: str, text: str, *, severity: Severity = Severity.INFO, buttons: Sequence[NoticeButton] = ()) -> Notice:
    """Tell all operators, through the bot and the second channel, in the caller's transaction.

    `key` names what it is about ("session.7"); `text` is plain, for people, without secrets.
    """
    kept = [button.stored for button in buttons]
    return Notice.objects.create(key=key[:100], text=text[:LONGEST], severity=severity, buttons=kept)


def is_open(key: str) -> bool:
    """Whether people were told of trouble with `key` that is not over."""
    return _open(key).exists()


def end(*keys: str) -> int:
    """What was told about these is over; how many notices that ends. Tell it in words with `post`."""
    return _open(*keys).update(ended_at=database_now())


def _open(*keys: str) -> QuerySet[Notice]:
    return Notice.objects.filter(key__in=keys, ended_at=None).exclude(severity=Severity.INFO)
