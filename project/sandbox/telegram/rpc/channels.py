"""channels.*: the chats themselves."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from project.sandbox.telegram import posting
from project.sandbox.telegram.channels import Channel, Role
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.tl import ALL_RIGHTS

from . import peers, rights
from .registry import Call, method


@method(channels.GetChannelsRequest)
def get_channels(call: Call, request: Any) -> Any:
    """Channels by id. One bad one fails the whole call: CHANNEL_INVALID, CHANNEL_PRIVATE."""
    found = [peers.readable_channel(call, wanted) for wanted in request.id]
    return types.messages.Chats([call.render.channel(call.me.id, channel) for channel in found])


@method(channels.GetFullChannelRequest)
def get_full_channel(call: Call, request: Any) -> Any:
    """Everything about a channel."""
    channel = peers.readable_channel(call, request.channel)
    full = types.ChannelFull(
        id=channel.id,
        about="",
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        chat_photo=types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=channel.pts,
        participants_count=len(channel.members),
        slowmode_seconds=channel.slowmode or None,
    )
    return types.messages.ChatFull(full, [call.render.channel(call.me.id, channel)], [])


def _participant_id(call: Call, peer: Any) -> int:
    if isinstance(peer, types.InputPeerSelf):
        return call.me.id
    user_id = getattr(peer, "user_id", 0)
    unhashed = call.me.is_bot and getattr(peer, "access_hash", None) == 0
    if user_id not in call.state.users or (
        not unhashed and peer.access_hash != call.state.hashes.of(call.me.id, "user", user_id)
    ):
        raise RpcRefusedError("PARTICIPANT_ID_INVALID")
    return int(user_id)


def _participant(call: Call, channel: Channel, user_id: int) -> Any:
    role, date = channel.roles.get(user_id), channel.date
    if role is Role.ADMIN:
        own = user_id == call.me.id
        return types.ChannelParticipantAdmin(
            user_id, user_id, date, ALL_RIGHTS, is_self=own or None, inviter_id=user_id if own else None
        )
    if role is Role.BANNED:
        everything = types.ChatBannedRights(0, view_messages=True, send_messages=True)
        return types.ChannelParticipantBanned(types.PeerUser(user_id), 0, date, everything, left=True)
    if role is None:
        raise RpcRefusedError("USER_NOT_PARTICIPANT")
    if user_id == call.me.id:
        return types.ChannelParticipantSelf(user_id, user_id, date)
    return types.ChannelParticipant(user_id, date)


@method(channels.GetParticipantRequest)
def get_participant(call: Call, request: Any) -> Any:
    """What somebody is in a channel. Others than oneself: CHAT_ADMIN_REQUIRED in a broadcast channel."""
    channel = peers.readable_channel(call, request.channel)
    user_id = _participant_id(call, request.participant)
    if user_id != call.me.id and not channel.megagroup and not channel.is_admin(call.me.id):
        raise RpcRefusedError("CHAT_ADMIN_REQUIRED")
    found = _participant(call, channel, user_id)
    user = call.render.user(call.me.id, call.state.user(user_id))
    return types.channels.ChannelParticipant(found, [call.render.channel(call.me.id, channel)], [user])


def _joined(call: Call, channel: Channel) -> Any:
    if channel.roles.get(call.me.id) is Role.BANNED:
        raise RpcRefusedError("CHANNEL_PRIVATE")
    if not channel.is_member(call.me.id):
        channel.set_role(call.me.id, Role.MEMBER)
    return _membership(call, channel)


def _membership(call: Call, channel: Channel) -> Any:
    chat = call.render.channel(call.me.id, channel)
    return types.Updates([types.UpdateChannel(channel.id)], [], [chat], call.state.clock.date(), 0)


@method(channels.JoinChannelRequest, bots=False, writes=True)
def join_channel(call: Call, request: Any) -> Any:
    """Joins a public channel; a private one needs an invite: CHANNEL_PRIVATE."""
    return _joined(call, peers.readable_channel(call, request.channel))


@method(channels.LeaveChannelRequest, writes=True)
def leave_channel(call: Call, request: Any) -> Any:
    """Leaves. USER_NOT_PARTICIPANT for somebody who is not there."""
    channel = peers.readable_channel(call, request.channel)
    if not channel.is_member(call.me.id):
        raise RpcRefusedError("USER_NOT_PARTICIPANT")
    channel.set_role(call.me.id, None)
    return _membership(call, channel)


def _invited(call: Call, code: str) -> Channel:
    channel_id = call.state.invites.get(code)
    if channel_id is None:
        raise RpcRefusedError("INVITE_HASH_EXPIRED")
    return call.state.channel(channel_id)


@method(messages.CheckChatInviteRequest, bots=False)
def check_chat_invite(call: Call, request: Any) -> Any:
    """What an invite link leads to. INVITE_HASH_EXPIRED for an unknown one."""
    channel = _invited(call, request.hash)
    if channel.is_member(call.me.id):
        return types.ChatInviteAlready(call.render.channel(call.me.id, channel))
    return types.ChatInvite(
        channel.title,
        types.PhotoEmpty(0),
        len(channel.members),
        0,
        channel=True,
        broadcast=not channel.megagroup or None,
        megagroup=channel.megagroup or None,
    )


@method(messages.ImportChatInviteRequest, bots=False, writes=True)
def import_chat_invite(call: Call, request: Any) -> Any:
    """Joins by an invite link. USER_ALREADY_PARTICIPANT, INVITE_HASH_EXPIRED."""
    channel = _invited(call, request.hash)
    if channel.is_member(call.me.id):
        raise RpcRefusedError("USER_ALREADY_PARTICIPANT")
    return types.messages.ChatInviteJoinResultOk(_joined(call, channel))


@method(channels.DeleteMessagesRequest, writes=True)
def delete_messages(call: Call, request: Any) -> Any:
    """Deletes what of the ids exists. MESSAGE_DELETE_FORBIDDEN, MESSAGE_ID_INVALID for the first message."""
    channel = peers.readable_channel(call, request.channel)
    found = [message for message in map(channel.get, request.id[:100]) if message is not None]
    rights.check_delete(call, channel, found)
    if any(message.service for message in found):
        raise RpcRefusedError("MESSAGE_DELETE_FORBIDDEN")
    count = posting.delete(call.state, channel, request.id[:100], origin=call.connection)
    return types.messages.AffectedMessages(channel.pts, count)
