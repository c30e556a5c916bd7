"""The list of chats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.errors import RpcRefusedError

from . import peers
from .registry import Call, method
from .updates import current_state

_MOST = 100


def _sorted(call: Call) -> list[Channel]:
    mine = [channel for channel in call.state.channels.values() if channel.is_member(call.me.id)]
    return sorted(mine, key=lambda channel: (_date(channel), channel.id), reverse=True)


def _date(channel: Channel) -> int:
    newest = channel.newest()
    return newest.date if newest else channel.date


def _after(chats: list[Channel], request: Any) -> list[Channel]:
    peer = request.offset_peer
    ids = [channel.id for channel in chats]
    if isinstance(peer, types.InputPeerChannel) and peer.channel_id in ids:
        return chats[ids.index(peer.channel_id) + 1 :]
    before = peers.unix(request.offset_date)
    if before:
        return [channel for channel in chats if _date(channel) < before]
    return chats


def _parts(call: Call, chats: Sequence[Channel]) -> dict[str, Any]:
    viewer = call.me.id
    tops = [(channel, channel.newest()) for channel in chats]
    people = {
        user.id: user for channel, top in tops for user in call.render.authors(viewer, channel, [top] if top else [])
    }
    return {
        "dialogs": [call.render.dialog(channel) for channel in chats],
        "messages": [call.render.message(viewer, channel, top) for channel, top in tops if top],
        "chats": [call.render.channel(viewer, channel) for channel in chats],
        "users": list(people.values()),
    }


@method(messages.GetDialogsRequest, bots=False)
def get_dialogs(call: Call, request: Any) -> Any:
    """The chats of an account, newest first, at most 100 at a time."""
    if request.folder_id:
        return types.messages.Dialogs([], [], [], [])
    everything = _sorted(call)
    rest = _after(everything, request)
    page = rest[: min(request.limit or _MOST, _MOST)]
    if len(page) == len(everything):
        return types.messages.Dialogs(**_parts(call, page))
    return types.messages.DialogsSlice(count=len(everything), **_parts(call, page))


@method(messages.GetPeerDialogsRequest, bots=False)
def get_peer_dialogs(call: Call, request: Any) -> Any:
    """Chosen chats, 100 at most. One bad peer fails the whole call: CHANNEL_INVALID, CHANNEL_PRIVATE."""
    if len(request.peers) > _MOST:
        raise RpcRefusedError("LIMIT_INVALID")
    wanted = [getattr(item, "peer", None) for item in request.peers]
    chats = [peers.readable_channel(call, peer) for peer in wanted]
    return types.messages.PeerDialogs(state=current_state(call), **_parts(call, chats))
