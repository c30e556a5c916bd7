"""Routes about channels and the messages of bots."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from project.sandbox.discord import message_payload, payloads
from project.sandbox.discord.calls import Answer, Call
from project.sandbox.discord.drafts import Draft, not_snowflake, read_draft
from project.sandbox.discord.errors import ApiError, Problem
from project.sandbox.discord.mentions import EVERYTHING
from project.sandbox.discord.messages import as_bot, create_message, delete_messages, edit_message
from project.sandbox.discord.model import Channel, Message
from project.sandbox.discord.permissions import Permission
from project.sandbox.discord.snowflake import created_ms
from project.sandbox.discord.state import Happening, live_message

_BULK_MAX_AGE_MS = 14 * 86_400_000


def get_channel(call: Call) -> Answer:
    """GET /channels/{id}"""
    return payloads.channel(call.state.channel_for(call.bot, call.id()))


def list_messages(call: Call) -> Answer:
    """GET /channels/{id}/messages: newest first; nothing at all without READ_MESSAGE_HISTORY."""
    channel = call.state.channel_for(call.bot, call.id())
    limit = call.limit(default=50, most=100)
    if Permission.HISTORY not in call.state.rights(call.bot, channel):
        return []
    chosen = _window(call, channel, limit)
    return [message_payload.message(call.state, message, call.bot) for message in chosen]


def _window(call: Call, channel: Channel, limit: int) -> list[Message]:
    after, before, around = (call.query_id(name) for name in ("after", "before", "around"))
    if around is not None:
        newer = list(itertools.islice(_ascending(channel, around - 1), limit - limit // 2))
        older = list(itertools.islice(_descending(channel, around), limit // 2))
        return list(reversed(newer)) + older
    if before is not None:
        return list(itertools.islice(_descending(channel, before), limit))
    if after is not None:
        return list(itertools.islice(_ascending(channel, after), limit))[::-1]
    return list(itertools.islice(_descending(channel, None), limit))


def _ascending(channel: Channel, after: int) -> Iterator[Message]:
    newer = list(itertools.takewhile(lambda message: message.id > after, reversed(channel.messages.values())))
    return (message for message in reversed(newer) if message.deleted_at is None)


def _descending(channel: Channel, before: int | None) -> Iterator[Message]:
    live = (message for message in reversed(channel.messages.values()) if message.deleted_at is None)
    return (message for message in live if before is None or message.id < before)


def get_message(call: Call) -> Answer:
    """GET /channels/{id}/messages/{message_id}"""
    channel = call.state.channel_for(call.bot, call.id(), Permission.HISTORY)
    return message_payload.message(call.state, live_message(channel, call.id("message_id")), call.bot)


def post_message(call: Call) -> Answer:
    """POST /channels/{id}/messages"""
    channel = call.state.channel_for(call.bot, call.id(), Permission.SEND)
    draft = read_draft(call.body)
    _check_rights(call, channel, draft)
    return message_payload.message(call.state, create_message(call.state, channel, as_bot(call.bot), draft), call.bot)


def _check_rights(call: Call, channel: Channel, draft: Draft) -> None:
    rights = call.state.rights(call.bot, channel)
    if draft.uploads and Permission.ATTACH not in rights:
        raise ApiError(Problem.MISSING_PERMISSIONS)
    if draft.reference is not None and Permission.HISTORY not in rights:
        raise ApiError(Problem.REPLY_WITHOUT_HISTORY)


def patch_message(call: Call) -> Answer:
    """PATCH /channels/{id}/messages/{message_id}: only one's own."""
    channel = call.state.channel_for(call.bot, call.id())
    message = live_message(channel, call.id("message_id"))
    if message.author_id != call.bot.id:
        raise ApiError(Problem.NOT_THE_AUTHOR)
    draft = read_draft(call.body)
    _check_rights(call, channel, draft)
    edited = edit_message(call.state, channel, message, draft, EVERYTHING)
    return message_payload.message(call.state, edited, call.bot)


def delete_message(call: Call) -> Answer:
    """DELETE /channels/{id}/messages/{message_id}: others' messages need MANAGE_MESSAGES."""
    channel = call.state.channel_for(call.bot, call.id())
    message = live_message(channel, call.id("message_id"))
    if message.author_id != call.bot.id and Permission.MANAGE_MESSAGES not in call.state.rights(call.bot, channel):
        raise ApiError(Problem.MISSING_PERMISSIONS)
    delete_messages(call.state, channel, [message], what=Happening.MESSAGE_DELETE)
    return None


def bulk_delete(call: Call) -> Answer:
    """POST /channels/{id}/messages/bulk-delete: 2-100 messages younger than two weeks."""
    channel = call.state.channel_for(call.bot, call.id(), Permission.MANAGE_MESSAGES)
    raw = call.body.fields.get("messages")
    if not isinstance(raw, list) or not 2 <= len(raw) <= 100:
        raise ApiError(Problem.BULK_COUNT)
    if not all(str(value).isdecimal() for value in raw):
        raise not_snowflake(raw, "messages")
    ids = [int(value) for value in raw]
    if any(created_ms(message_id) < time.time() * 1000 - _BULK_MAX_AGE_MS for message_id in ids):
        raise ApiError(Problem.BULK_TOO_OLD)
    found = [channel.messages[message_id] for message_id in ids if message_id in channel.messages]
    live = [message for message in found if message.deleted_at is None]
    if live:
        delete_messages(call.state, channel, live, what=Happening.MESSAGE_DELETE_BULK)
    return None
