"""One number per chat: channels and supergroups by their bare id, basic groups by their negative one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import functions, types


def chat_number(peer: Any) -> int | None:
    """Of a peer, an input peer, or a chat of an answer; None for what is no such chat."""
    match peer:
        case types.PeerChannel() | types.InputPeerChannel():
            return int(peer.channel_id)
        case types.PeerChat() | types.InputPeerChat():
            return -int(peer.chat_id)
        case types.Channel() | types.ChannelForbidden():
            return int(peer.id)
        case types.Chat() | types.ChatForbidden():
            return -int(peer.id)
    return None


def ask_chats(addresses: Sequence[Any]) -> Any:
    """The request for what these chats are to the account; all of them channels, or all basic groups."""
    if isinstance(addresses[0], types.InputPeerChat):
        return functions.messages.GetChatsRequest([address.chat_id for address in addresses])
    return functions.channels.GetChannelsRequest([_channel(address) for address in addresses])


def ask_messages(address: Any, ids: Sequence[int]) -> Any:
    """The request for messages by id. A basic group's are found by their id alone: the account has each id once."""
    wanted = [types.InputMessageID(id_) for id_ in ids]
    if isinstance(address, types.InputPeerChat):
        return functions.messages.GetMessagesRequest(wanted)
    return functions.channels.GetMessagesRequest(_channel(address), wanted)


def _channel(address: Any) -> Any:
    return types.InputChannel(address.channel_id, address.access_hash)
