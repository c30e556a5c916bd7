"""Questions that wait for [Confirm]: bound to operator, chat and arguments, for a minute, once. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

SECONDS = 60.0
MOST = 1000  # kept at a time, over all operators


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is done when the same person agrees in the same chat. `since` is their admission's."""

    user_id: int
    since: datetime | None
    chat_id: int
    act: str
    args: tuple[str, ...]
    asked_at: float


class Refused(Enum):
    """Why a press on a confirmation does nothing."""

    ANSWERED = auto()  # by an earlier press: the message shows what came of it
    GONE = auto()  # cancelled by /cancel, or the bot was restarted
    EXPIRED = auto()
    FOREIGN = auto()  # somebody else's, or of a person who was removed meanwhile


class Confirmations:
    """Kept in memory on purpose: what nobody confirmed before a restart has to be asked again."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._answered: dict[str, None] = {}  # tokens, oldest first

    def put(self, token: str, waiting: Waiting) -> None:
        """Remembers a question under an unguessable token."""
        self._forget_old(waiting.asked_at)
        while len(self._waiting) >= MOST:
            self._waiting.pop(next(iter(self._waiting)))
        self._waiting[token] = waiting

    def take(self, token: str, *, user_id: int, since: datetime | None, chat_id: int, now: float) -> Waiting | Refused:
        """Answer the question, once; a stranger's try leaves it where it is.

        People press twice when nothing happens at once, so a further press is told from a question that is gone.
        """
        waiting = self._waiting.get(token)
        if waiting is None:
            return Refused.ANSWERED if token in self._answered else Refused.GONE
        if (waiting.user_id, waiting.chat_id) != (user_id, chat_id):
            return Refused.FOREIGN
        del self._waiting[token]
        self._answered[token] = None
        if len(self._answered) > MOST:
            self._answered.pop(next(iter(self._answered)))
        if waiting.since != since:
            return Refused.FOREIGN
        return Refused.EXPIRED if now - waiting.asked_at >= SECONDS else waiting

    def drop(self, user_id: int) -> int:
        """Forgets all of one person; how many still could have been confirmed."""
        tokens = [token for token, waiting in self._waiting.items() if waiting.user_id == user_id]
        for token in tokens:
            del self._waiting[token]
        return len(tokens)

    def _forget_old(self, now: float) -> None:
        for token in [t for t, waiting in self._waiting.items() if now - waiting.asked_at >= 2 * SECONDS]:
            del self._waiting[token]
