"""The list of chats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from project.sandbox.telegram.basic import BasicGroup
from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.messages import StoredMessage

from . import basic, peers
from .registry import Call, method
from .updates import current_state

_MOST = 100


Chat = Channel | BasicGroup


def _sorted(call: Call) -> list[Chat]:
    me = call.me.id
    mine: list[Chat] = [channel for channel in call.state.channels.values() if channel.is_member(me)]
    mine += [group for group in call.state.groups.values() if group.is_member(me) or group.alive.get(me)]
    return sorted(mine, key=lambda chat: (_date(call, chat), chat.id), reverse=True)


def _newest(call: Call, chat: Chat) -> StoredMessage | None:
    if isinstance(chat, Channel):
        return chat.newest()
    number = chat.newest(call.me.id)
    return chat.messages[call.state.box(call.me.id).places[number][1]] if number else None


def _date(call: Call, chat: Chat) -> int:
    newest = _newest(call, chat)
    return newest.date if newest else chat.date


def _after(call: Call, chats: list[Chat], request: Any) -> list[Chat]:
    peer = request.offset_peer
    number = getattr(peer, "channel_id", None) or getattr(peer, "chat_id", None)
    ids = [chat.id for chat in chats]
    if number in ids:
        return chats[ids.index(number) + 1 :]
    before = peers.unix(request.offset_date)
    if before:
        return [chat for chat in chats if _date(call, chat) < before]
    return chats


def _parts(call: Call, chats: Sequence[Chat]) -> dict[str, Any]:
    viewer, render = call.me.id, basic.renderer(call)
    found: dict[str, list[Any]] = {"dialogs": [], "messages": [], "chats": []}
    people: dict[int, Any] = {}
    for chat in chats:
        top = _newest(call, chat)
        tops = [top] if top else []
        if isinstance(chat, Channel):
            authors = call.render.authors(viewer, chat, tops)
            found["dialogs"].append(call.render.dialog(chat))
            found["messages"] += [call.render.message(viewer, chat, message) for message in tops]
            found["chats"].append(call.render.channel(viewer, chat))
        else:
            authors = render.authors(viewer, tops)
            found["dialogs"].append(render.dialog(viewer, chat))
            found["messages"] += [render.message(viewer, chat, message) for message in tops]
            found["chats"].append(render.chat(viewer, chat))
        people |= {user.id: user for user in authors}
    return found | {"users": list(people.values())}


@method(messages.GetDialogsRequest, bots=False)
def get_dialogs(call: Call, request: Any) -> Any:
    """The chats of an account, newest first, at most 100 at a time."""
    if request.folder_id:
        return types.messages.Dialogs([], [], [], [])
    everything = _sorted(call)
    rest = _after(call, everything, request)
    page = rest[: min(request.limit or _MOST, _MOST)]
    if len(page) == len(everything):
        return types.messages.Dialogs(**_parts(call, page))
    return types.messages.DialogsSlice(count=len(everything), **_parts(call, page))


@method(messages.GetPeerDialogsRequest, bots=False)
def get_peer_dialogs(call: Call, request: Any) -> Any:
    """Chosen chats, 100 at most. A bad peer fails the whole call: CHANNEL_INVALID, CHANNEL_PRIVATE, PEER_ID_INVALID."""
    if len(request.peers) > _MOST:
        raise RpcRefusedError("INPUT_REQUEST_TOO_LONG")
    wanted = [getattr(item, "peer", None) for item in request.peers]
    chats = [basic.named(call, peer) or peers.readable_channel(call, peer) for peer in wanted]
    return types.messages.PeerDialogs(state=current_state(call), **_parts(call, chats))
