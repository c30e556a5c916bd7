"""Posting and editing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from project.sandbox.telegram import posting
from project.sandbox.telegram.basic import BasicGroup
from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.entities import from_tl
from project.sandbox.telegram.errors import RpcRefusedError, flood_wait, slowmode_wait
from project.sandbox.telegram.flood import Claim
from project.sandbox.telegram.messages import NewFile, StoredFile, StoredMessage
from project.sandbox.telegram.posting import Draft
from project.sandbox.telegram.settings import DuplicateAnswer

from . import basic, peers, rights
from .registry import Call, method
from .uploads import located

_ALBUM = range(2, 11)


def _account_claim(call: Call) -> Claim:
    limits = call.state.settings.limits
    return ("account", call.me.id), limits.bot_account if call.me.is_bot else limits.user_account


def _claims(call: Call, channel: Channel) -> list[Claim]:
    limits, me = call.state.settings.limits, call.me
    chat = limits.bot_chat if me.is_bot else limits.user_chat
    claims: list[Claim] = [_account_claim(call), (("chat", me.id, channel.id), chat)]
    if me.is_bot and channel.megagroup:
        claims.append((("group", me.id, channel.id), limits.bot_group))
    return claims


def _check_rates(call: Call, channel: Channel, count: int) -> None:
    wait = call.state.flood.take(_claims(call, channel) * count, call.now)
    if wait:
        raise flood_wait(wait)
    if channel.megagroup and channel.slowmode and not channel.is_admin(call.me.id):
        _check_slowmode(call, channel, count)


def _check_slowmode(call: Call, channel: Channel, count: int) -> None:
    if count > 1:
        raise RpcRefusedError("SLOWMODE_MULTI_MSGS_DISABLED")
    own = (item for item in reversed(channel.messages.values()) if item.author_id == call.me.id)
    last = next(own, None)
    left = channel.slowmode - (call.now - last.arrived_at / 1000) if last else 0.0
    if left > 0:
        raise slowmode_wait(left)


def _original(call: Call, random_id: int) -> StoredMessage | None:
    if not random_id:
        raise RpcRefusedError("RANDOM_ID_EMPTY")
    known = call.state.sent.get((call.me.id, random_id))
    if known is None or call.now - known[2] > call.state.settings.random_id_memory:
        return None
    return call.state.channels[known[0]].messages[known[1]]


def _repeated(call: Call, originals: Sequence[StoredMessage | None]) -> Any:
    """The answer to random_ids that were used before: RANDOM_ID_DUPLICATE, or what they made then."""
    there = [message for message in originals if message is not None and not message.deleted]
    if call.state.settings.duplicate_answer is DuplicateAnswer.ERROR or len(there) < len(originals):
        raise RpcRefusedError("RANDOM_ID_DUPLICATE")
    channel = call.state.channels[there[0].channel_id]
    return _answer(call, channel, there, repeated=True)


def _answer(call: Call, channel: Channel, sent: Sequence[StoredMessage], *, repeated: bool = False) -> Any:
    viewer = call.me.id
    first_pts = channel.pts - len(sent) + 1
    found: list[Any] = [types.UpdateMessageID(message.id, message.random_id) for message in sent]
    for place, message in enumerate(sent):
        pts, count = (channel.pts, 0) if repeated else (first_pts + place, 1)
        shown = call.render.message(viewer, channel, message)
        found.append(types.UpdateNewChannelMessage(shown, pts, count))
    users = call.render.authors(viewer, channel, sent)
    chats = [call.render.channel(viewer, channel)]
    return types.Updates(found, users, chats, call.state.clock.date(), 0)


def _reply_to(request: Any) -> int | None:
    reply = request.reply_to
    if reply is None:
        return None
    if not isinstance(reply, types.InputReplyToMessage):
        raise RpcRefusedError("REPLY_TO_INVALID")
    return int(reply.reply_to_msg_id) or None


def _refuse_unsupported(request: Any) -> None:
    if request.schedule_date or getattr(request, "quick_reply_shortcut", None):
        raise RpcRefusedError("SCHEDULE_DATE_INVALID")
    if request.send_as:
        raise RpcRefusedError("SEND_AS_PEER_INVALID")


def _post(call: Call, channel: Channel, drafts: Sequence[Draft]) -> Any:
    for draft in drafts:
        call.state.logins.burn(call.me.phone, draft.text)
    sent = posting.post(call.state, channel, drafts, author_id=call.me.id, origin=call.connection)
    for message in sent:
        if message.random_id is not None:
            call.state.sent[call.me.id, message.random_id] = (channel.id, message.id, call.now)
    return _answer(call, channel, sent)


@method(messages.SendMessageRequest, writes=True)
def send_message(call: Call, request: Any) -> Any:
    """Posts a text."""
    group = basic.named(call, request.peer)
    if group is not None:
        return _to_group(call, group, request, [request.random_id], lambda: [_text(request)])
    channel = peers.chat_of(call, request.peer)
    rights.check_post(call, channel)
    original = _original(call, request.random_id)
    if original is not None:
        return _repeated(call, [original])
    _refuse_unsupported(request)
    _check_rates(call, channel, 1)
    return _post(call, channel, [_text(request)])


def _text(request: Any) -> Draft:
    return Draft(
        request.message,
        from_tl(request.entities),
        reply_to=_reply_to(request),
        random_id=request.random_id,
    )


def _to_group(
    call: Call, group: BasicGroup, request: Any, random_ids: Sequence[int], drafts: Callable[[], list[Draft]]
) -> Any:
    """The same for a basic group."""
    _refuse_unsupported(request)
    repeated = basic.check_post(call, group, random_ids)
    return basic.post(call, group, drafts()) if repeated is None else repeated


def _uploaded(call: Call, media: Any) -> NewFile:
    file = media.file
    big = isinstance(file, types.InputFileBig)
    if not isinstance(file, types.InputFile | types.InputFileBig):
        raise RpcRefusedError("MEDIA_INVALID")
    md5 = "" if big else file.md5_checksum
    data = call.state.files.finish(call.me.id, file.id, file.parts, big=big, md5=md5)
    if isinstance(media, types.InputMediaUploadedPhoto):
        return NewFile(file.name, "image/jpeg", data, photo=True, spoiler=bool(media.spoiler), dc=call.dc)
    names = (item.file_name for item in media.attributes if isinstance(item, types.DocumentAttributeFilename))
    mime = media.mime_type or "application/octet-stream"
    return NewFile(next(names, file.name), mime, data, spoiler=bool(media.spoiler), dc=call.dc)


def _file(call: Call, channel: Channel | BasicGroup, media: Any) -> StoredFile:
    if isinstance(media, types.InputMediaUploadedPhoto | types.InputMediaUploadedDocument):
        new = _uploaded(call, media)
        return call.state.files.store(new, date=call.state.clock.date(), protected=channel.protected)
    if isinstance(media, types.InputMediaPhoto | types.InputMediaDocument):
        stored = located(call, media.id)
        if stored.protected and not channel.protected:
            raise RpcRefusedError("CHAT_FORWARDS_RESTRICTED")
        return dataclasses.replace(stored, spoiler=bool(media.spoiler))
    raise RpcRefusedError("MEDIA_EMPTY" if isinstance(media, types.InputMediaEmpty) else "MEDIA_INVALID")


@method(messages.UploadMediaRequest, writes=True)
def upload_media(call: Call, request: Any) -> Any:
    """Finishes an upload without posting it; albums are made of these."""
    chat = basic.named(call, request.peer) or peers.chat_of(call, request.peer)
    return call.render.media(call.me.id, _file(call, chat, request.media))


@method(messages.SendMediaRequest, writes=True)
def send_media(call: Call, request: Any) -> Any:
    """Posts a photo or document with a caption."""
    group = basic.named(call, request.peer)
    if group is not None:
        return _to_group(call, group, request, [request.random_id], lambda: [_with_file(call, group, request)])
    channel = peers.chat_of(call, request.peer)
    rights.check_post(call, channel)
    original = _original(call, request.random_id)
    if original is not None:
        return _repeated(call, [original])
    _refuse_unsupported(request)
    _check_rates(call, channel, 1)
    return _post(call, channel, [_with_file(call, channel, request)])


def _with_file(call: Call, chat: Channel | BasicGroup, request: Any) -> Draft:
    file = _file(call, chat, request.media)
    return Draft(request.message, from_tl(request.entities), file, _reply_to(request), request.random_id)


@method(messages.SendMultiMediaRequest, writes=True)
def send_multi_media(call: Call, request: Any) -> Any:
    """Posts an album of 2 to 10 files that were uploaded before."""
    if len(request.multi_media) not in _ALBUM:
        raise RpcRefusedError("MULTI_MEDIA_TOO_LONG" if request.multi_media[10:] else "MEDIA_GROUPED_INVALID")
    group = basic.named(call, request.peer)
    random_ids = [item.random_id for item in request.multi_media]
    if group is not None:
        return _to_group(call, group, request, random_ids, lambda: _album(call, group, request))
    channel = peers.chat_of(call, request.peer)
    rights.check_post(call, channel)
    originals = [_original(call, random_id) for random_id in random_ids]
    if any(originals):
        return _repeated(call, originals)
    _refuse_unsupported(request)
    _check_rates(call, channel, len(request.multi_media))
    return _post(call, channel, _album(call, channel, request))


def _album(call: Call, chat: Channel | BasicGroup, request: Any) -> list[Draft]:
    reply_to = _reply_to(request)
    drafts = [_album_draft(call, chat, item, reply_to) for item in request.multi_media]
    if len({draft.file.photo for draft in drafts if draft.file}) > 1:
        raise RpcRefusedError("MEDIA_GROUPED_INVALID")
    return drafts


def _album_draft(call: Call, channel: Channel | BasicGroup, item: Any, reply_to: int | None) -> Draft:
    if not isinstance(item.media, types.InputMediaPhoto | types.InputMediaDocument):
        raise RpcRefusedError("MEDIA_INVALID")
    file = _file(call, channel, item.media)
    return Draft(item.message, from_tl(item.entities), file, reply_to, item.random_id)


@method(messages.EditMessageRequest, writes=True)
def edit_message(call: Call, request: Any) -> Any:
    """Replaces a text. MESSAGE_ID_INVALID, MESSAGE_AUTHOR_REQUIRED, MESSAGE_NOT_MODIFIED."""
    group = basic.named(call, request.peer)
    if group is not None:
        return basic.edit(call, group, request)
    channel = peers.chat_of(call, request.peer)
    message = channel.get(request.id)
    if message is None or message.service:
        raise RpcRefusedError("MESSAGE_ID_INVALID")
    rights.check_edit(call, channel, message)
    if request.media is not None:
        raise RpcRefusedError("MEDIA_INVALID")
    wait = call.state.flood.take([_account_claim(call)], call.now)
    if wait:
        raise flood_wait(wait)
    call.state.logins.burn(call.me.phone, request.message or "")
    edited = posting.edit(
        call.state,
        channel,
        message,
        request.message or "",
        from_tl(request.entities),
        origin=call.connection,
    )
    shown = call.render.message(call.me.id, channel, edited)
    found = [types.UpdateEditChannelMessage(shown, channel.pts, 1)]
    users = call.render.authors(call.me.id, channel, [edited])
    chats = [call.render.channel(call.me.id, channel)]
    return types.Updates(found, users, chats, call.state.clock.date(), 0)


@method(messages.SetTypingRequest)
def set_typing(call: Call, request: Any) -> Any:
    """Somebody writes: nobody here looks at it."""
    if basic.named(call, request.peer) is None:
        peers.chat_of(call, request.peer)
    return True
