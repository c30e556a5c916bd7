"""What happened, as the gateway event of one bot."""

from __future__ import annotations

from project.sandbox.discord import intents, message_payload, payloads
from project.sandbox.discord.model import Bot, Message
from project.sandbox.discord.permissions import Permission
from project.sandbox.discord.state import Happened, Happening, Json, State

_WHOLE_MESSAGE = frozenset({Happening.MESSAGE_CREATE, Happening.MESSAGE_UPDATE})
_WHOLE_CHANNEL = frozenset(
    {Happening.CHANNEL_CREATE, Happening.CHANNEL_UPDATE, Happening.CHANNEL_DELETE, Happening.THREAD_CREATE}
)


def event_for(state: State, happened: Happened, bot: Bot, wanted: int) -> Json | None:
    """The event's data, or None when this bot with these intents is not told."""
    if not wanted & intents.NEEDED[happened.what] or happened.bot_id not in (None, bot.id):
        return None
    if happened.what is Happening.GUILD_CREATE:
        return payloads.guild_create(state, state.guilds[happened.guild_id], bot)
    if happened.what is Happening.GUILD_DELETE:
        return {"id": str(happened.guild_id)}
    if happened.channel is None or Permission.VIEW not in state.rights(bot, happened.channel):
        return None
    return _channel_event(state, happened, bot, wanted)


def _channel_event(state: State, happened: Happened, bot: Bot, wanted: int) -> Json | None:
    channel = happened.channel
    if channel is None:
        return None
    if happened.what in _WHOLE_CHANNEL:
        extra: Json = {"newly_created": True} if happened.what is Happening.THREAD_CREATE else {}
        return payloads.channel(channel) | extra
    home: Json = {"channel_id": str(channel.id), "guild_id": str(channel.guild_id)}
    if happened.what in _WHOLE_MESSAGE:
        return message_payload.as_overridden(
            happened.messages[0], _message(state, happened.messages[0], bot, wanted) | home
        )
    if happened.what is Happening.MESSAGE_DELETE:
        return home | {"id": str(happened.messages[0].id)}
    if happened.what is Happening.MESSAGE_DELETE_BULK:
        return home | {"ids": [str(message.id) for message in happened.messages]}
    return home


def _message(state: State, message: Message, bot: Bot, wanted: int) -> Json:
    """Names the member, unless a webhook wrote; content needs the intent on this connection too."""
    payload = message_payload.message(state, message, bot)
    if not wanted & intents.MESSAGE_CONTENT and not message_payload.is_addressed(message, bot):
        payload |= {"content": "", "attachments": [], "embeds": []}
    if message.webhook_id is None:
        guild = state.guilds[state.channels[message.channel_id].guild_id]
        payload["member"] = payloads.member(guild, message.author_id)
    return payload
