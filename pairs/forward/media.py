"""Where the bytes of an attachment come from: always the platform that still has them, never a copy of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from project.telegram.account import TelegramAccount

from pairs.forward.rendered import discord_part
from pairs.journal.journal import Journal
from pairs.journal.rows import StoredEvent
from pairs.lane.config import PairConfig
from project.core.errors import Refused
from project.core.message import Attachment
from project.discord.rest import DiscordRest


class Media:
    """Streams attachments. `accounts` is the live map of accounts connected in this process."""

    def __init__(self, accounts: Mapping[str, TelegramAccount], rest: DiscordRest, journal: Journal) -> None:
        self._accounts = accounts
        self._rest = rest
        self._journal = journal

    async def stream(self, pair: PairConfig, event: StoredEvent, attachment: Attachment) -> AsyncIterator[bytes]:
        """The attachment's bytes: from the source through the session, or from Discord where the session is elsewhere.

        Raises Refused when nobody has it any more.
        """
        reader = self._accounts.get(pair.session)
        if event.scope == pair.discord_scope:
            stream = self._rest.fetch_attachment(pair.discord_channel, event.message_id, attachment.index)
        elif reader is not None:
            stream = reader.download(pair.source_chat, event.message_id)
        else:
            stream = await self._from_discord(pair, event, attachment)
        async for chunk in stream:
            yield chunk

    async def _from_discord(self, pair: PairConfig, event: StoredEvent, attachment: Attachment) -> AsyncIterator[bytes]:
        for link in await self._journal.links(pair.id, event.scope, event.message_id, 1):
            files = discord_part(link.rendered).files if link.rendered else ()
            if attachment.index in files:
                return self._rest.fetch_attachment(pair.discord_channel, link.remote_id, files.index(attachment.index))
        raise Refused(f"{attachment.name}: the file is not on Discord and the session is elsewhere.", code="no-file")
