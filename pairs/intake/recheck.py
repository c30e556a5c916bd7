"""After a gap, recent messages are compared with what stands: edits and deletes of that time are not announced again
(Telethon 1.45's catch-up drops them: measured)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from pairs.intake.events import deleted, edited
from pairs.journal.journal import Journal
from pairs.journal.rows import NewEvent
from pairs.lane.config import PairConfig
from project.core.message import UNREADABLE, Message
from project.telegram.account import TelegramAccount
from project.telegram.updates import counts_per_account

AGE = timedelta(hours=48)  # most chats allow edits this long
MOST = 100  # messages per source: one request


class Recheck:
    """Finds the edits and deletes that happened to messages relayed before the gap."""

    def __init__(self, account: TelegramAccount, journal: Journal, pairs: Sequence[PairConfig]) -> None:
        self._account = account
        self._journal = journal
        self._pairs = pairs
        self._relayed: dict[int, list[int]] = {}

    async def events(self, chat_id: int) -> list[NewEvent]:
        """What changed; what did not is a no-op in the journal."""
        for pair in self._pairs:
            self._relayed[pair.id] = await self._journal.recent(pair.id, pair.source_scope, AGE, MOST)
        ids = sorted({id_ for known in self._relayed.values() for id_ in known})[-MOST:]
        if not ids:
            return []
        stands = await self._account.fetch(chat_id, ids)
        gone = await self._gone(chat_id, [id_ for id_ in ids if id_ not in stands], stands)
        return [event for id_ in ids for event in self._of(id_, stands.get(id_), gone)]

    def _of(self, message_id: int, message: Message | None, gone: Collection[int]) -> list[NewEvent]:
        pairs = [pair for pair in self._pairs if message_id in self._relayed[pair.id]]
        if message is not None:
            return [] if message.note == UNREADABLE else edited(message, pairs)  # what we relayed of it was better
        return deleted(message_id, pairs) if message_id in gone else []

    async def _gone(self, chat_id: int, missing: Sequence[int], stands: Collection[int]) -> Collection[int]:
        """Those of the missing that were deleted. A supergroup can hide its history from those who join later: what is
        older than all that we see may stand after all, when another session relayed it."""
        hidden = [id_ for id_ in missing if not stands or id_ < min(stands)]
        if not hidden or counts_per_account(chat_id) or (await self._account.chat(chat_id)).is_broadcast:
            return missing
        return [id_ for id_ in missing if id_ not in hidden]
