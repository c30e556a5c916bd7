"""From what a client names to what it may use."""

from __future__ import annotations

import datetime
from typing import Any

from telethon.tl import types

from project.sandbox.telegram.channels import Channel, Role
from project.sandbox.telegram.errors import RpcRefusedError

from .registry import Call

_CHANNELS = types.InputPeerChannel | types.InputChannel


def unix(date: datetime.datetime | None) -> int:
    """Unix seconds of a date that a client sent; 0 for none, which arrives as 1970."""
    return int(date.timestamp()) if date else 0


def known_channel(call: Call, peer: Any) -> Channel:
    """The channel of a peer whose access hash is right for this account.

    Raises CHANNEL_INVALID: no such channel, or another account's hash. Bots may send 0 for the hash.
    """
    if not isinstance(peer, _CHANNELS):
        raise RpcRefusedError("CHANNEL_INVALID")
    channel = call.state.channels.get(peer.channel_id)
    if channel is None:
        raise RpcRefusedError("CHANNEL_INVALID")
    unhashed = call.me.is_bot and peer.access_hash == 0
    if not unhashed and peer.access_hash != call.state.hashes.of(call.me.id, "channel", channel.id):
        raise RpcRefusedError("CHANNEL_INVALID")
    return channel


def readable_channel(call: Call, peer: Any) -> Channel:
    """A channel that this account may read: as a member, or because it is public.

    Raises CHANNEL_INVALID, CHANNEL_PRIVATE.
    """
    channel = known_channel(call, peer)
    role = channel.roles.get(call.me.id)
    if role is Role.BANNED or (role is None and not channel.username):
        raise RpcRefusedError("CHANNEL_PRIVATE")
    return channel


def chat_of(call: Call, peer: Any) -> Channel:
    """The channel that a message is for. Raises PEER_ID_INVALID for anything but a channel."""
    if not isinstance(peer, _CHANNELS):
        raise RpcRefusedError("PEER_ID_INVALID")
    return readable_channel(call, peer)
