"""Where the bytes of an attachment come from: always the platform that still has them, never a copy of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from pairs.forward.rendered import discord_part
from pairs.journal.journal import Journal
from pairs.journal.rows import StoredEvent
from pairs.lane.config import PairConfig
from project.core.errors import AccountDead, NotFound, Refused, TargetGone, Unreachable
from project.core.message import Attachment
from project.discord.rest import DiscordRest
from project.telegram.account import TelegramAccount
from project.telegram.updates import account_of, chat_of

DISCORD = "dc:"  # scopes of Discord channels
NO_FILE = "no file"
LOST_FILE = "A file of this message cannot be fetched any more."


class Media:
    """Streams attachments. `accounts` is the live map of accounts connected in this process."""

    def __init__(self, accounts: Mapping[str, TelegramAccount], rest: DiscordRest, journal: Journal) -> None:
        self._accounts = accounts
        self._rest = rest
        self._journal = journal

    async def stream(self, pair: PairConfig, event: StoredEvent, attachment: Attachment) -> AsyncIterator[bytes]:
        """The attachment's bytes: from where it was posted; a source's file from Discord, where the session is
        connected elsewhere.

        Raises Refused with code NO_FILE when nobody has it any more.
        """
        try:
            async for chunk in await self._open(pair, event, attachment):
                yield chunk
        except (NotFound, TargetGone, Refused) as error:
            raise Refused(f"{attachment.name} cannot be fetched: {error.message}", code=NO_FILE) from error
        except AccountDead as error:  # its run() ends the process; this call was about somebody else
            raise Unreachable(f"{pair.session} cannot fetch a file: {error.message}", code=error.code) from error

    async def _open(self, pair: PairConfig, event: StoredEvent, attachment: Attachment) -> AsyncIterator[bytes]:
        if event.scope.startswith(DISCORD):  # the pair's channel, or the one that it had before
            channel = int(event.scope.removeprefix(DISCORD))
            return self._rest.fetch_attachment(channel, event.message_id, attachment.index)
        reader = self._accounts.get(account_of(event.scope) or pair.session)
        if reader is not None:  # the chat of that time: a basic group may have become another one since
            return reader.download(chat_of(event.scope), event.message_id)
        return await self._from_discord(pair, event, attachment)

    async def _from_discord(self, pair: PairConfig, event: StoredEvent, attachment: Attachment) -> AsyncIterator[bytes]:
        for link in await self._journal.links(pair.id, event.scope, event.message_id, 1):
            files = discord_part(link.rendered).files if link.rendered else ()
            if attachment.index in files:
                return self._rest.fetch_attachment(pair.discord_channel, link.remote_id, files.index(attachment.index))
        raise Refused("the file is not on Discord, and the session is connected elsewhere.", code=NO_FILE)
