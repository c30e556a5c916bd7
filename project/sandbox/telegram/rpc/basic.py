"""Basic groups: what other methods do for an inputPeerChat, and the methods that exist for them alone."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from project.sandbox.telegram import grouping
from project.sandbox.telegram.basic import BasicGroup
from project.sandbox.telegram.entities import from_tl
from project.sandbox.telegram.errors import RpcRefusedError, flood_wait
from project.sandbox.telegram.flood import Claim
from project.sandbox.telegram.messages import StoredMessage
from project.sandbox.telegram.posting import Draft
from project.sandbox.telegram.settings import DuplicateAnswer
from project.sandbox.telegram.tl_groups import GroupRenderer

from . import peers
from .registry import Call, method

_MOST = 100


def renderer(call: Call) -> GroupRenderer:
    """Builds what the caller sees."""
    return GroupRenderer(call.state, call.render)


def group_of(call: Call, chat_id: int) -> BasicGroup:
    """A group that the caller is or was in. Raises PEER_ID_INVALID."""
    group = call.state.groups.get(chat_id)
    if group is None or (call.me.id not in group.roles and call.me.id not in group.alive):
        raise RpcRefusedError("PEER_ID_INVALID")
    return group


def named(call: Call, peer: Any) -> BasicGroup | None:
    """The group of an inputPeerChat; None for any other peer."""
    return group_of(call, peer.chat_id) if isinstance(peer, types.InputPeerChat) else None


def check_post(call: Call, group: BasicGroup, random_ids: Sequence[int]) -> Any | None:
    """Raises CHAT_WRITE_FORBIDDEN for who is not in it and once it became a supergroup, FLOOD_WAIT, and for random_ids
    that were used before RANDOM_ID_DUPLICATE, or gives the answer they had then."""
    if not group.is_member(call.me.id) or group.moved_to is not None:
        raise RpcRefusedError("CHAT_WRITE_FORBIDDEN")
    if not all(random_ids):
        raise RpcRefusedError("RANDOM_ID_EMPTY")
    known = [_known(call, group, random_id) for random_id in random_ids]
    if any(known):
        there = [message for message in known if message is not None and not message.deleted]
        if call.state.settings.duplicate_answer is DuplicateAnswer.ERROR or len(there) < len(known):
            raise RpcRefusedError("RANDOM_ID_DUPLICATE")
        return _answer(call, group, there, repeated=True)
    limits = call.state.settings.limits
    claims: list[Claim] = [
        (("account", call.me.id), limits.user_account),
        (("chat", call.me.id, group.id), limits.user_chat),
    ]
    wait = call.state.flood.take(claims * len(random_ids), call.now)
    if wait:
        raise flood_wait(wait)
    return None


def _known(call: Call, group: BasicGroup, random_id: int) -> StoredMessage | None:
    sent = call.state.sent_to_groups.get((call.me.id, random_id))
    if sent is None or sent[0] != group.id or call.now - sent[2] > call.state.settings.random_id_memory:
        return None
    return group.messages[sent[1]]


def post(call: Call, group: BasicGroup, drafts: Sequence[Draft]) -> Any:
    """Posts and answers."""
    for draft in drafts:
        call.state.logins.burn(call.me.phone, draft.text)
    posted = grouping.post(call.state, group, drafts, author_id=call.me.id, origin=call.connection)
    return _answer(call, group, posted)


def _answer(call: Call, group: BasicGroup, sent: Sequence[StoredMessage], *, repeated: bool = False) -> Any:
    viewer, render, pts = call.me.id, renderer(call), call.state.box(call.me.id).pts
    found: list[Any] = [types.UpdateMessageID(group.copies[item.id][viewer], item.random_id) for item in sent]
    for place, message in enumerate(sent):
        step = (pts, 0) if repeated else (pts - len(sent) + 1 + place, 1)
        found.append(types.UpdateNewMessage(render.message(viewer, group, message), *step))
    return _updates(call, group, found, sent)


def _updates(call: Call, group: BasicGroup, found: list[Any], shown: Sequence[StoredMessage]) -> Any:
    render = renderer(call)
    people, chats = render.authors(call.me.id, shown), [render.chat(call.me.id, group)]
    return types.Updates(found, people, chats, call.state.clock.date(), 0)


def edit(call: Call, group: BasicGroup, request: Any) -> Any:
    """One's own message. MESSAGE_ID_INVALID, MESSAGE_AUTHOR_REQUIRED, MESSAGE_NOT_MODIFIED."""
    known = grouping.found(call.state, call.me.id, request.id)
    if known is None or known[0] is not group or known[1].service:
        raise RpcRefusedError("MESSAGE_ID_INVALID")
    if known[1].author_id != call.me.id:
        raise RpcRefusedError("MESSAGE_AUTHOR_REQUIRED")
    text, styles = request.message or "", from_tl(request.entities)
    call.state.logins.burn(call.me.phone, text)
    edited = grouping.edit(call.state, group, known[1], text, styles, origin=call.connection)
    shown = renderer(call).message(call.me.id, group, edited)
    return _updates(call, group, [types.UpdateEditMessage(shown, call.state.box(call.me.id).pts, 1)], [edited])


def history(call: Call, group: BasicGroup, request: Any) -> Any:
    """A window of the caller's copies, newest first; offsets as in channels."""
    numbers = group.alive.get(call.me.id, [])
    places = call.state.box(call.me.id).places
    start = 0
    if request.offset_id > 0:
        start = len(numbers) - bisect.bisect_left(numbers, request.offset_id)
    elif before := peers.unix(request.offset_date):
        start = sum(group.messages[places[number][1]].date >= before for number in numbers)
    start += request.add_offset
    end = start + min(max(request.limit, 0), _MOST)
    total = len(numbers)
    window = reversed(numbers[max(0, total - max(0, end)) : total - min(total, max(0, start))])
    kept = [n for n in window if n > request.min_id and (not request.max_id or n < request.max_id)]
    stored = [group.messages[places[number][1]] for number in kept]
    render = renderer(call)
    return types.messages.MessagesSlice(
        count=total,
        messages=[render.message(call.me.id, group, message) for message in stored],
        topics=[],
        chats=[render.chat(call.me.id, group)],
        users=render.authors(call.me.id, stored),
    )


@method(messages.GetMessagesRequest)
def get_messages(call: Call, request: Any) -> Any:
    """The caller's copies by number, 100 at most; messageEmpty for what is not there."""
    render, viewer = renderer(call), call.me.id
    ids = [getattr(wanted, "id", 0) for wanted in request.id[:_MOST]]
    known = [grouping.found(call.state, viewer, number) for number in ids]
    there = [item for item in known if item is not None]
    return types.messages.Messages(
        messages=[
            render.message(viewer, *item) if item else types.MessageEmpty(number, peer_id=None)
            for number, item in zip(ids, known, strict=True)
        ],
        topics=[],
        chats=[render.chat(viewer, group) for group in {item[0].id: item[0] for item in there}.values()],
        users=render.authors(viewer, [message for _, message in there]),
    )


@method(messages.DeleteMessagesRequest, writes=True)
def delete_messages(call: Call, request: Any) -> Any:
    """For everybody, with `revoke`: one's own, or as administrator all. MESSAGE_DELETE_FORBIDDEN."""
    known = [grouping.found(call.state, call.me.id, number) for number in request.id[:_MOST]]
    there = [item for item in known if item is not None]
    if not request.revoke or any(not _may_delete(call, *item) for item in there):
        raise RpcRefusedError("MESSAGE_DELETE_FORBIDDEN")
    for group in {item[0].id: item[0] for item in there}.values():
        chosen = [message for owner, message in there if owner is group]
        grouping.delete(call.state, group, chosen, origin=call.connection)
    return types.messages.AffectedMessages(call.state.box(call.me.id).pts, len(there))


def _may_delete(call: Call, group: BasicGroup, message: StoredMessage) -> bool:
    return not message.service and call.me.id in (message.author_id, group.creator)


@method(messages.GetChatsRequest)
def get_chats(call: Call, request: Any) -> Any:
    """Groups by id. One bad one fails the whole call: CHAT_ID_INVALID."""
    return types.messages.Chats([renderer(call).chat(call.me.id, _by_id(call, number)) for number in request.id])


def _by_id(call: Call, chat_id: int) -> BasicGroup:
    try:
        return group_of(call, chat_id)
    except RpcRefusedError:
        raise RpcRefusedError("CHAT_ID_INVALID") from None


@method(messages.GetFullChatRequest)
def get_full_chat(call: Call, request: Any) -> Any:
    """A group with its members. CHAT_ID_INVALID."""
    group = _by_id(call, request.chat_id)
    people = [
        types.ChatParticipantCreator(user_id)
        if user_id == group.creator
        else types.ChatParticipant(user_id, group.creator, group.date)
        for user_id in group.members
    ]
    full = types.ChatFull(
        group.id, "", types.ChatParticipants(group.id, people, group.version), types.PeerNotifySettings()
    )
    users = [call.render.user(call.me.id, call.state.user(user_id)) for user_id in group.members]
    return types.messages.ChatFull(full, [renderer(call).chat(call.me.id, group)], users)


@method(messages.ReadHistoryRequest, bots=False)
def read_history(call: Call, request: Any) -> Any:
    """Marks as read: nobody here looks at it."""
    if named(call, request.peer) is None:
        raise RpcRefusedError("PEER_ID_INVALID")
    return types.messages.AffectedMessages(call.state.box(call.me.id).pts, 0)


@method(messages.MigrateChatRequest, bots=False, writes=True)
def migrate_chat(call: Call, request: Any) -> Any:
    """Makes a supergroup of it. CHAT_ADMIN_REQUIRED for anybody but its creator."""
    group = _by_id(call, request.chat_id)
    if group.creator != call.me.id:
        raise RpcRefusedError("CHAT_ADMIN_REQUIRED")
    channel = grouping.migrate(call.state, group)
    chats = [renderer(call).chat(call.me.id, group), call.render.channel(call.me.id, channel)]
    return types.Updates([types.UpdateChannel(channel.id)], [], chats, call.state.clock.date(), 0)
