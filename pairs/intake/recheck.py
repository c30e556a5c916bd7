"""After a gap, recent messages are compared with what stands: edits and deletes of that time are not announced again
(Telethon's catch-up drops them: facts/telegram 1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta

from project.telegram.account import TelegramAccount

from pairs.domain.keys import content_hash
from pairs.journal.journal import Journal
from pairs.journal.rows import NewEvent
from pairs.lane.config import PairConfig
from project.core.message import EventKind, Message

AGE = timedelta(hours=48)  # most chats allow edits this long
MOST = 100  # messages per pair: one request

Append = Callable[[Sequence[NewEvent]], Awaitable[None]]


class Recheck:
    """Finds the edits and deletes that happened while nobody listened."""

    def __init__(self, account: TelegramAccount, journal: Journal) -> None:
        self._account = account
        self._journal = journal

    async def run(self, chat_id: int, pairs: Iterable[PairConfig], append: Append) -> None:
        """Journals what changed; what did not change is a no-op there."""
        relayed = {pair: await self._journal.recent(pair.id, pair.source_scope, AGE, MOST) for pair in pairs}
        ids = sorted({id_ for known in relayed.values() for id_ in known})[-MOST:]
        if not ids:
            return
        stands = await self._account.fetch(chat_id, ids)
        events = [
            self._event(pair, id_, stands.get(id_)) for pair, known in relayed.items() for id_ in known if id_ in ids
        ]
        await append(events)

    def _event(self, pair: PairConfig, message_id: int, message: Message | None) -> NewEvent:
        return NewEvent(
            pair_id=pair.id,
            generation=pair.generation,
            scope=pair.source_scope,
            message_id=message_id,
            kind=EventKind.DELETE if message is None else EventKind.EDIT,
            content_hash=b"" if message is None else content_hash(message),
            message=message,
            edited=(message.edited or 0) if message else 0,
        )
