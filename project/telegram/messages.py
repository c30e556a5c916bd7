"""Telegram's messages and updates, in neutral form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from telethon import utils
from telethon.tl import types

from project.core.message import Author, Message, ProtectedMessage
from project.telegram.entities import from_telegram
from project.telegram.media import attachments_of, note_of
from project.telegram.names import Names
from project.telegram.peers import chat_number
from project.telegram.updates import Deleted, Edited, Gap, Posted, Update, chat_scope

_NEW = (types.UpdateNewChannelMessage, types.UpdateNewMessage)
_EDIT = (types.UpdateEditChannelMessage, types.UpdateEditMessage)


def neutral_updates(updates: Sequence[Any], names: Names, account: str) -> Iterator[Update]:
    """What happened in channels and groups, in order, as `account` sees it. Everything else is left out."""
    for update in updates:
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
    kind = ProtectedMessage if message.noforwards else Message
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
