"""Telegram's messages and updates, in neutral form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from telethon import utils
from telethon.tl import types

from project.core.logs import get_logger
from project.core.message import PARTLY, UNREADABLE, Attachment, Author, Message, ProtectedMessage, RichText
from project.telegram.entities import from_telegram
from project.telegram.media import attachments_of, note_of
from project.telegram.names import Names
from project.telegram.peers import chat_number
from project.telegram.updates import Deleted, Edited, Gap, Posted, Update, chat_scope

T = TypeVar("T")
_log = get_logger(__name__)
_NEW = (types.UpdateNewChannelMessage, types.UpdateNewMessage)
_EDIT = (types.UpdateEditChannelMessage, types.UpdateEditMessage)


def neutral_updates(updates: Sequence[Any], names: Names, account: str) -> Iterator[Update]:
    """What happened in channels and groups, in order, as `account` sees it. Everything else is left out."""
    for update in updates:
        try:
            yield from _neutral_update(update, names, account)
        except Exception as error:  # of a kind that nobody foresaw: it may not stop those behind it
            chat = _chat_of(update)
            kind, why = type(update).__name__, type(error).__name__
            _log.error("an update cannot be read", account=account, kind=kind, chat=chat, why=why)
            if chat is not None:
                yield Gap(chat_scope(chat, account))


def _neutral_update(update: Any, names: Names, account: str) -> Iterator[Update]:
    if isinstance(update, types.UpdateDeleteChannelMessages):
        yield Deleted(chat_scope(update.channel_id, account), tuple(update.messages))
    elif isinstance(update, types.UpdateDeleteMessages):
        yield Deleted(None, tuple(update.messages))
    elif isinstance(update, types.UpdateShortChatMessage):
        yield _short(update, names, account)
    elif isinstance(update, _NEW) and _is_end(update.message):
        yield Gap(chat_scope(-update.message.peer_id.chat_id, account))
    elif isinstance(update, _NEW + _EDIT):
        message = neutral_message(update.message, names, account)
        if message is not None:
            yield Posted(message) if isinstance(update, _NEW) else Edited(message)


def _chat_of(update: Any) -> int | None:
    """The chat of an update, as far as it says one."""
    if (channel := getattr(update, "channel_id", None)) is not None:
        return int(channel)
    return chat_number(getattr(getattr(update, "message", None), "peer_id", None))


def _is_end(message: Any) -> bool:
    """A basic group has become a supergroup. Its successor says so too: that one is no news."""
    return isinstance(message, types.MessageService) and isinstance(message.action, types.MessageActionChatMigrateTo)


def _short(update: Any, names: Names, account: str) -> Update:
    """A plain text in a basic group. It comes without its author: one whom nobody knows yet is asked for, along with
    the message. Source: https://core.telegram.org/constructor/updateShortChatMessage."""
    peer, author = types.PeerChat(update.chat_id), types.PeerUser(update.from_id)
    message = neutral_message(
        types.Message(
            id=update.id, peer_id=peer, from_id=author, date=update.date, message=update.message,
            entities=update.entities, reply_to=update.reply_to,
        ),
        names, account,
    )  # fmt: skip
    if message is None or message.author is None:
        return Gap(chat_scope(-update.chat_id, account))
    return Posted(message)


def neutral_message(message: Any, names: Names, account: str) -> Message | None:
    """One message of a channel or group as `account` sees it; None for service messages, empty ones and other chats.

    Source of `noforwards`: Telegram's "Content protection"; it stands at the messages of a chat that is protected.
    """
    if not isinstance(message, types.Message) or (chat_id := chat_number(message.peer_id)) is None:
        return None
    if type(message.id) is not int:
        _log.error("a message without an id", scope=chat_scope(chat_id, account))
        return None
    kind = ProtectedMessage if message.noforwards else Message
    try:
        return kind(
            scope=chat_scope(chat_id, account),
            message_id=message.id,
            date=int(message.date.timestamp()),
            text=from_telegram(message.message or "", message.entities or ()),
            author=_author(message, names),
            attachments=attachments_of(message),
            reply_to=_reply_to(message),
            group_id=message.grouped_id,
            edited=_edited(message),
            note=note_of(message),
        )
    except Exception:  # whatever it is, it would be so each time: it must show, and not stop its chat
        return _salvaged(message, names, kind, chat_scope(chat_id, account))


def _salvaged(message: Any, names: Names, kind: type[Message], scope: str) -> Message:
    """What can be read of a message of which something cannot: a line says so, and the log says what."""
    lost: list[str] = []

    def part(name: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Exception as error:
            lost.append(f"{name} ({type(error).__name__})")
            return otherwise

    nothing: RichText = ()
    text = part("text", lambda: from_telegram(message.message or "", message.entities or ()), nothing)
    text = text or part("text without entities", lambda: from_telegram(str(message.message or ""), ()), nothing)
    no_files: tuple[Attachment, ...] = ()
    attachments = part("media", lambda: attachments_of(message), no_files)
    note = part("note", lambda: note_of(message), "")
    if not note and {"text", "media", "note"} & {name.split(" ")[0] for name in lost}:
        note = PARTLY if text or attachments else UNREADABLE
    _log.error("a message cannot be read whole", scope=scope, message=message.id, lost=lost)
    return kind(
        scope=scope,
        message_id=message.id,
        date=part("date", lambda: int(message.date.timestamp()), 0),
        text=text,
        author=part("author", lambda: _author(message, names), None),
        attachments=attachments,
        reply_to=part("reply", lambda: _reply_to(message), None),
        group_id=message.grouped_id,
        edited=part("edit date", lambda: _edited(message), None),
        note=note,
    )


def unread(chat_id: int, message_id: int, account: str) -> Message:
    """A line in the place of a message that cannot even be decoded."""
    return Message(chat_scope(chat_id, account), message_id, 0, note=UNREADABLE)


def _author(message: Any, names: Names) -> Author | None:
    """A channel's post shows the signature, else the channel; an anonymous admin of a group shows the group."""
    peer = message.from_id or message.peer_id
    name = message.post_author if message.post and message.post_author else names.of(peer)
    return Author(name=name, id=utils.get_peer_id(peer, add_mark=False)) if name else None


def _reply_to(message: Any) -> int | None:
    """The id of the answered message of the same chat. In a forum the topic's first message is no answer."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader) or header.reply_to_peer_id or not header.reply_to_msg_id:
        return None
    if header.forum_topic and not header.reply_to_top_id:
        return None
    return int(header.reply_to_msg_id)


def _edited(message: Any) -> int | None:
    """When the content was edited. `edit_hide` marks changes that Telegram does not show as edits, like reactions."""
    if message.edit_date is None or message.edit_hide:
        return None
    return int(message.edit_date.timestamp())
