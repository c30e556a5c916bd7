"""The loopback Discord's verbs from another process. See `DiscordWorld` for what each does."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence

from project.sandbox.control.transport import ControlTransport
from project.sandbox.discord.views import (
    BotCreated,
    ChannelView,
    DiscordCounters,
    FileIn,
    StoredMessage,
    UserView,
)
from project.sandbox.faults import FaultRule


class DiscordControl:
    """One method per verb."""

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport

    async def create_guild(self, name: str) -> int:
        """A server; its id."""
        return await self._transport.call("discord/create_guild", int, name=name)

    async def create_bot(
        self,
        name: str,
        *,
        guild_ids: Sequence[int] | None = None,
        message_content: bool = True,
        members_intent: bool = False,
        presences_intent: bool = False,
    ) -> BotCreated:
        """An application with a bot, in the guilds named or in all."""
        return await self._transport.call(
            "discord/create_bot",
            BotCreated,
            name=name,
            guild_ids=guild_ids,
            message_content=message_content,
            members_intent=members_intent,
            presences_intent=presences_intent,
        )

    async def set_bot(self, bot_id: int, *, message_content: bool) -> None:
        """Switches the MESSAGE_CONTENT intent in the portal."""
        await self._transport.call("discord/set_bot", object, bot_id=bot_id, message_content=message_content)

    async def reset_token(self, bot_id: int) -> str:
        """A new token; the old one is dead."""
        return await self._transport.call("discord/reset_token", str, bot_id=bot_id)

    async def invite_bot(self, guild_id: int, bot_id: int) -> None:
        """Adds a bot to a guild."""
        await self._transport.call("discord/invite_bot", object, guild_id=guild_id, bot_id=bot_id)

    async def kick_bot(self, guild_id: int, bot_id: int) -> None:
        """Removes a bot from a guild."""
        await self._transport.call("discord/kick_bot", object, guild_id=guild_id, bot_id=bot_id)

    async def create_channel(self, guild_id: int, name: str) -> int:
        """A text channel; its id."""
        return await self._transport.call("discord/create_channel", int, guild_id=guild_id, name=name)

    async def create_thread(self, channel_id: int, name: str) -> int:
        """A public thread; its id."""
        return await self._transport.call("discord/create_thread", int, channel_id=channel_id, name=name)

    async def delete_channel(self, channel_id: int) -> None:
        """Deletes a channel with its threads and webhooks."""
        await self._transport.call("discord/delete_channel", object, channel_id=channel_id)

    async def set_permissions(self, channel_id: int, bot_id: int, permissions: Iterable[str]) -> None:
        """What a bot may do in a channel."""
        await self._transport.call(
            "discord/set_permissions", object, channel_id=channel_id, bot_id=bot_id, permissions=list(permissions)
        )

    async def create_user(self, name: str) -> int:
        """A person; the id."""
        return await self._transport.call("discord/create_user", int, name=name)

    async def create_webhook(self, channel_id: int, name: str) -> str:
        """A webhook made by a person; its URL."""
        return await self._transport.call("discord/create_webhook", str, channel_id=channel_id, name=name)

    async def delete_webhook(self, webhook_id: int) -> None:
        """Deletes a webhook."""
        await self._transport.call("discord/delete_webhook", object, webhook_id=webhook_id)

    async def post(
        self,
        channel_id: int,
        user_id: int,
        content: str,
        *,
        reply_to: int | None = None,
        files: Sequence[FileIn] = (),
        overrides: Mapping[str, object] | None = None,
        without: Sequence[str] = (),
    ) -> int:
        """A person writes; the message's id."""
        return await self._transport.call(
            "discord/post",
            int,
            channel_id=channel_id,
            user_id=user_id,
            content=content,
            reply_to=reply_to,
            files=list(files),
            overrides=overrides,
            without=list(without),
        )

    async def override(
        self, channel_id: int, message_id: int, fields: Mapping[str, object], *, without: Sequence[str] = ()
    ) -> None:
        """Changes a message's JSON, for the history and for later events."""
        await self._transport.call(
            "discord/override",
            object,
            channel_id=channel_id,
            message_id=message_id,
            fields=fields,
            without=list(without),
        )

    async def dispatch(self, event: str, data: object, *, bot_id: int | None = None) -> int:
        """Sends any gateway event; how many sessions there were."""
        return await self._transport.call("discord/dispatch", int, event=event, data=data, bot_id=bot_id)

    async def edit(self, channel_id: int, message_id: int, content: str, *, keep: Sequence[int] | None = None) -> None:
        """Changes the text of a message, and takes its files away but those of `keep`."""
        await self._transport.call(
            "discord/edit",
            object,
            channel_id=channel_id,
            message_id=message_id,
            content=content,
            keep=None if keep is None else list(keep),
        )

    async def delete(self, channel_id: int, ids: Sequence[int]) -> None:
        """Deletes messages as a moderator."""
        await self._transport.call("discord/delete", object, channel_id=channel_id, ids=list(ids))

    async def messages(self, channel_id: int) -> list[StoredMessage]:
        """Every message there ever was in a channel, oldest first."""
        return await self._transport.call("discord/messages", list[StoredMessage], channel_id=channel_id)

    async def file_data(self, channel_id: int, message_id: int, file_id: int) -> bytes:
        """The bytes of a message's file."""
        text = await self._transport.call(
            "discord/file_data", str, channel_id=channel_id, message_id=message_id, file_id=file_id
        )
        return base64.b64decode(text)

    async def channels(self) -> list[ChannelView]:
        """All channels and threads."""
        return await self._transport.call("discord/channels", list[ChannelView])

    async def users(self) -> list[UserView]:
        """All people and bots."""
        return await self._transport.call("discord/users", list[UserView])

    async def kill_gateway(self, how: str, *, bot_id: int | None = None) -> int:
        """Disturbs gateway connections: op7, op9, op9_resumable, cut, silence, forget, deaf, close:<code>."""
        return await self._transport.call("discord/kill_gateway", int, how=how, bot_id=bot_id)

    async def fault(self, rule: FaultRule) -> None:
        """Arms a fault."""
        await self._transport.call("discord/fault", object, rule=rule)

    async def clear_faults(self) -> None:
        """Disarms every fault."""
        await self._transport.call("discord/clear_faults", object)

    async def counters(self) -> DiscordCounters:
        """What was counted so far."""
        return await self._transport.call("discord/counters", DiscordCounters)
