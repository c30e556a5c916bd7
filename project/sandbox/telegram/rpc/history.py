"""Reading messages."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.messages import StoredMessage

from . import basic, peers
from .registry import Call, method

_MOST = 100


def _start(channel: Channel, request: Any) -> int:
    """How many messages are newer than the window, before add_offset."""
    alive = channel.alive
    if request.offset_id > 0:
        return len(alive) - bisect.bisect_left(alive, request.offset_id)
    before = peers.unix(request.offset_date)
    if before:
        return len(alive) - bisect.bisect_left(alive, before, key=lambda item: channel.messages[item].date)
    return 0


def window(channel: Channel, request: Any) -> list[StoredMessage]:
    """The messages of a getHistory window, newest first.

    The window starts `add_offset` after the first message older than the offset; a start before the newest message is
    clamped, the end is not. min_id and max_id only thin the window out (https://core.telegram.org/api/offsets).
    """
    start = _start(channel, request) + request.add_offset
    end = start + min(max(request.limit, 0), _MOST)
    total = len(channel.alive)
    newest_first = reversed(channel.alive[max(0, total - max(0, end)) : total - min(total, max(0, start))])
    return [
        channel.messages[item]
        for item in newest_first
        if item > request.min_id and (not request.max_id or item < request.max_id)
    ]


def _answer(call: Call, channel: Channel, found: Sequence[Any], stored: Sequence[StoredMessage]) -> Any:
    return types.messages.ChannelMessages(
        pts=channel.pts,
        count=len(channel.alive),
        messages=list(found),
        topics=[],
        chats=[call.render.channel(call.me.id, channel)],
        users=call.render.authors(call.me.id, channel, stored),
    )


@method(messages.GetHistoryRequest, bots=False)
def get_history(call: Call, request: Any) -> Any:
    """A window of a chat's messages."""
    group = basic.named(call, request.peer)
    if group is not None:
        return basic.history(call, group, request)
    channel = peers.chat_of(call, request.peer)
    stored = window(channel, request)
    shown = [call.render.message(call.me.id, channel, message) for message in stored]
    return _answer(call, channel, shown, stored)


@method(channels.GetMessagesRequest)
def get_messages(call: Call, request: Any) -> Any:
    """Messages by id, 100 at most; messageEmpty for what is not there."""
    channel = peers.readable_channel(call, request.channel)
    if call.me.is_bot and not channel.is_member(call.me.id):
        raise RpcRefusedError("CHANNEL_PRIVATE")
    ids = [getattr(wanted, "id", 0) for wanted in request.id]
    if not ids:
        raise RpcRefusedError("MESSAGE_IDS_EMPTY")
    stored = [channel.get(message_id) for message_id in ids[:_MOST]]
    shown = [
        call.render.message(call.me.id, channel, message)
        if message
        else types.MessageEmpty(message_id, peer_id=types.PeerChannel(channel.id))
        for message_id, message in zip(ids, stored, strict=False)
    ]
    return _answer(call, channel, shown, [message for message in stored if message])


@method(channels.ReadHistoryRequest, bots=False)
def read_history(call: Call, request: Any) -> Any:
    """Marks as read: nobody here looks at it."""
    peers.readable_channel(call, request.channel)
    return True
