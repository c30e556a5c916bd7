"""What a reply answers, on the side it is delivered to."""

from __future__ import annotations

from pairs.journal.journal import Journal
from pairs.journal.rows import StoredEvent
from pairs.lane.config import PairConfig
from project.core.message import Message

_NEWEST = 2**31 - 1


class Replies:
    """Resolves replies through the links of all three chats."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def target(self, pair: PairConfig, event: StoredEvent, hop: int) -> int | None:
        """Id of the post, on this hop's side, that shows what the event's message answers."""
        if event.message is None or event.message.reply_to is None:
            return None
        scope, message_id = await self._answered(pair, event.scope, event.message.reply_to)
        links = await self._journal.links(pair.id, scope, message_id, hop)
        return links[0].remote_id if links else None

    async def original(self, pair: PairConfig, event: StoredEvent) -> Message | None:
        """Newest content of the answered message, if the journal has it."""
        if event.message is None or event.message.reply_to is None:
            return None
        scope, message_id = await self._answered(pair, event.scope, event.message.reply_to)
        return await self._journal.message(pair.id, scope, message_id, before_revision=_NEWEST)

    async def _answered(self, pair: PairConfig, scope: str, reply_to: int) -> tuple[str, int]:
        """People on Discord answer our posts: then the answered message is the one that the post shows."""
        if scope == pair.discord_scope:
            return await self._journal.origin(pair.id, 1, reply_to) or (scope, reply_to)
        return scope, reply_to
