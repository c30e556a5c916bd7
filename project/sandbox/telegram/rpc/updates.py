"""updates.*: what was missed."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.tl.functions import updates

from project.sandbox.telegram.basic import BoxChange
from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.messages import Change, ChangeKind

from . import basic, peers
from .registry import Call, method

_TIMEOUT = 30


def current_state(call: Call) -> Any:
    """The account's own state: its pts counts what happens in basic groups."""
    return types.updates.State(
        pts=call.state.box(call.me.id).pts, qts=0, date=call.state.clock.date(), seq=1, unread_count=0
    )


@method(updates.GetStateRequest)
def get_state(call: Call, request: Any) -> Any:
    """The state to start from."""
    return current_state(call)


@method(updates.GetDifferenceRequest)
def get_difference(call: Call, request: Any) -> Any:
    """What happened in basic groups after `pts`, and the channels that changed since `date`: their own differences are
    the caller's business."""
    box = call.state.box(call.me.id)
    if request.pts <= 0:
        raise RpcRefusedError("PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts_total_limit and box.pts - request.pts > request.pts_total_limit:
        return types.updates.DifferenceTooLong(box.pts)
    since = peers.unix(request.date)
    changed = [
        channel
        for channel in call.state.channels.values()
        if channel.is_member(call.me.id) and channel.changes and channel.changes[-1].date >= since
    ]
    missed = box.changes_after(request.pts)
    if not (changed or missed) or call.me.freeze is not None:
        return types.updates.DifferenceEmpty(call.state.clock.date(), 1)
    return _account_difference(call, changed, missed)


def _account_difference(call: Call, changed: list[Channel], missed: list[BoxChange]) -> Any:
    viewer, render = call.me.id, basic.renderer(call)
    news = [change for change in missed if change.kind is ChangeKind.POSTED]
    posted = [update.message for update in (render.update(viewer, change) for change in news) if update]
    others = [render.update(viewer, change) for change in missed if change.kind is not ChangeKind.POSTED]
    about = [message for change in missed for message in render.of_change(change, viewer)]
    groups = {change.group_id: call.state.groups[change.group_id] for change in missed}.values()
    long = [types.UpdateChannelTooLong(channel.id, pts=channel.pts) for channel in changed]
    return types.updates.Difference(
        new_messages=posted,
        new_encrypted_messages=[],
        other_updates=[*(update for update in others if update), *long],
        chats=[
            *(render.chat(viewer, group) for group in groups),
            *(call.render.channel(viewer, channel) for channel in changed),
        ],
        users=render.authors(viewer, about),
        state=current_state(call),
    )


def _too_long(call: Call, channel: Channel) -> Any:
    newest = channel.newest()
    tops = [newest] if newest else []
    return types.updates.ChannelDifferenceTooLong(
        dialog=call.render.dialog(channel),
        messages=[call.render.message(call.me.id, channel, message) for message in tops],
        chats=[call.render.channel(call.me.id, channel)],
        users=call.render.authors(call.me.id, channel, tops),
        final=True,
        timeout=_TIMEOUT,
    )


def _difference(call: Call, channel: Channel, missed: list[Change]) -> Any:
    ids = [change.ids[0] for change in missed if change.kind is ChangeKind.POSTED]
    posted = [message for message in map(channel.get, ids) if message is not None]
    others = (change for change in missed if change.kind is not ChangeKind.POSTED)
    found = [call.render.update(call.me.id, channel, change) for change in others]
    return types.updates.ChannelDifference(
        pts=channel.pts,
        new_messages=[call.render.message(call.me.id, channel, message) for message in posted],
        other_updates=[update for update in found if update is not None],
        chats=[call.render.channel(call.me.id, channel)],
        users=call.render.authors(call.me.id, channel, posted),
        final=True,
        timeout=_TIMEOUT,
    )


@method(updates.GetChannelDifferenceRequest)
def get_channel_difference(call: Call, request: Any) -> Any:
    """What happened in a channel after `pts`; TooLong when that is more than `limit` steps (users: at most 100)."""
    channel = peers.readable_channel(call, request.channel)
    if call.me.is_bot and not channel.is_admin(call.me.id):
        raise RpcRefusedError("CHANNEL_PRIVATE")
    if request.pts <= 0:
        raise RpcRefusedError("PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts > channel.pts:
        raise RpcRefusedError("PERSISTENT_TIMESTAMP_INVALID")
    settings = call.state.settings
    most = settings.bot_difference_limit if call.me.is_bot else settings.difference_limit
    missed = channel.changes_after(request.pts)
    if not missed:
        return types.updates.ChannelDifferenceEmpty(channel.pts, final=True, timeout=_TIMEOUT)
    if channel.pts - request.pts > min(max(request.limit, 1), most):
        return _too_long(call, channel)
    return _difference(call, channel, missed)
