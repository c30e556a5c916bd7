"""How far back a catch-up goes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from project.core.message import Message

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Reach:
    """What is left out: messages older than `days`, and all but the newest `messages` of the source; 0 leaves out none.

    A pair that comes back after months would else fill its chats for days with what nobody waits for.
    """

    days: int = 0
    messages: int = 0

    def oldest(self, now: float) -> int:
        """The oldest date (Unix seconds) that is still relayed; 0 for any."""
        return int(now) - self.days * DAY if self.days else 0

    def may_be_exceeded(self, first: Sequence[Message], now: float, *, page: int) -> bool:
        """Whether too much may stand after the pair's cursor, by the first messages found there, at most `page`: so a
        catch-up of an ordinary size asks nothing more of Telegram."""
        too_many = bool(self.messages) and len(first) >= min(page, self.messages)
        return too_many or first[0].date < self.oldest(now)

    def __str__(self) -> str:
        bounds = [f"not older than {self.days} days"] if self.days else []
        bounds += [f"among the newest {self.messages} messages"] if self.messages else []
        return " and ".join(bounds) or "of any age"


ANY = Reach()
