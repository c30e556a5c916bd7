"""Telegram's own objects, as one account sees what the world holds."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from telethon.tl import TLObject, types

from .channels import Channel, Role
from .entities import to_tl
from .messages import Change, ChangeKind, StoredFile, StoredMessage
from .state import State
from .users import User

_VECTOR = 0x1CB5C415
_NO_CONSTRUCTOR = 0x0BADC0DE
ALL_RIGHTS = types.ChatAdminRights(
    change_info=True,
    post_messages=True,
    edit_messages=True,
    delete_messages=True,
    ban_users=True,
    invite_users=True,
    pin_messages=True,
    add_admins=False,
    manage_call=True,
)


def vector(items: Iterable[bytes]) -> bytes:
    """A TL vector of objects that are serialised already."""
    serialised = list(items)
    return struct.pack("<Ii", _VECTOR, len(serialised)) + b"".join(serialised)


class Undecodable(TLObject):  # type: ignore[misc]
    """Of a constructor that no layer has."""

    def _bytes(self) -> bytes:
        return struct.pack("<I", _NO_CONSTRUCTOR)


class Renderer:
    """Builds TL objects for a viewer: hashes, file references and `out` differ from account to account."""

    def __init__(self, state: State) -> None:
        self._state = state

    def user(self, viewer_id: int, user: User) -> Any:
        """A user."""
        own = viewer_id == user.id
        return types.User(
            user.id,
            is_self=own or None,
            bot=user.is_bot or None,
            bot_info_version=1 if user.is_bot else None,
            deleted=bool(user.dead) or None,
            access_hash=self._state.hashes.of(viewer_id, "user", user.id),
            first_name=user.name,
            username=user.username,
            phone=user.phone if own and user.phone else None,
        )

    def channel(self, viewer_id: int, channel: Channel) -> Any:
        """A channel; channelForbidden for somebody who was banned from it."""
        role = channel.roles.get(viewer_id)
        access_hash = self._state.hashes.of(viewer_id, "channel", channel.id)
        broadcast = not channel.megagroup or None
        if role is Role.BANNED:
            return types.ChannelForbidden(
                channel.id,
                access_hash,
                channel.title,
                broadcast=broadcast,
                megagroup=channel.megagroup or None,
            )
        everybody = types.ChatBannedRights(0) if channel.megagroup else None
        return types.Channel(
            channel.id,
            channel.title,
            types.ChatPhotoEmpty(),
            channel.date,
            left=None if role else True,
            broadcast=broadcast,
            megagroup=channel.megagroup or None,
            signatures=channel.signatures or None,
            noforwards=channel.protected or None,
            slowmode_enabled=bool(channel.slowmode) or None,
            access_hash=access_hash,
            username=channel.username,
            admin_rights=ALL_RIGHTS if role is Role.ADMIN else None,
            default_banned_rights=everybody,
            participants_count=len(channel.members),
        )

    def media(self, viewer_id: int, file: StoredFile) -> Any:
        """A file as messageMedia."""
        access_hash = self._state.hashes.of(viewer_id, "file", file.id)
        reference = self._state.files.reference(viewer_id, file.id, self._state.clock.monotonic())
        if file.photo:
            size = types.PhotoSize("x", file.width, file.height, file.size)
            photo = types.Photo(file.id, access_hash, reference, file.date, [size], file.dc)
            return types.MessageMediaPhoto(photo=photo, spoiler=file.spoiler or None)
        attributes = [types.DocumentAttributeFilename(file.name)]
        document = types.Document(file.id, access_hash, reference, file.date, file.mime, file.size, file.dc, attributes)
        return types.MessageMediaDocument(document=document, spoiler=file.spoiler or None)

    def message(self, viewer_id: int, channel: Channel, message: StoredMessage) -> Any:
        """A message; that the channel was created, or was a basic group before, is a messageService."""
        peer = types.PeerChannel(channel.id)
        if message.service:
            action: Any = types.MessageActionChannelCreate(channel.title)
            if message.moved is not None:
                action = types.MessageActionChannelMigrateFrom(channel.title, message.moved)
            return types.MessageService(
                id=message.id,
                peer_id=peer,
                action=action,
                date=message.date,
                post=not channel.megagroup or None,
            )
        author = message.author_id
        header = types.MessageReplyHeader(reply_to_msg_id=message.reply_to) if message.reply_to else None
        signed = channel.signatures and author is not None and not channel.megagroup
        return types.Message(
            id=message.id,
            peer_id=peer,
            date=message.date,
            message=message.text,
            out=(author is not None and author == viewer_id) or None,
            post=not channel.megagroup or None,
            from_id=self._from(channel, author),
            reply_to=header,
            media=self.media_of(viewer_id, message),
            entities=to_tl(message.entities) or None,
            views=1 if not channel.megagroup else None,
            forwards=0 if not channel.megagroup else None,
            edit_date=message.edited,
            post_author=self._state.user(author).name if signed and author is not None else None,
            grouped_id=message.group_id,
            noforwards=channel.protected or None,
        )

    def media_of(self, viewer_id: int, message: StoredMessage) -> Any:
        """What a message carries besides its text; of a garbled one something that nobody can decode."""
        if message.garbled:
            return Undecodable()
        return self.media(viewer_id, message.file) if message.file else None

    def _from(self, channel: Channel, author: int | None) -> Any:
        if not channel.megagroup:
            return None
        return types.PeerChannel(channel.id) if author is None else types.PeerUser(author)

    def authors(self, viewer_id: int, channel: Channel, messages: Iterable[StoredMessage]) -> list[Any]:
        """The users that go along with messages of a supergroup."""
        if not channel.megagroup:
            return []
        ids = {message.author_id for message in messages if message.author_id is not None}
        return [self.user(viewer_id, self._state.user(author)) for author in sorted(ids)]

    def update(self, viewer_id: int, channel: Channel, change: Change) -> Any | None:
        """The update of a change; None when its message is gone by now."""
        if change.kind is ChangeKind.DELETED:
            return types.UpdateDeleteChannelMessages(channel.id, list(change.ids), change.pts, change.count)
        message = channel.get(change.ids[0])
        if message is None:
            return None
        shown = self.message(viewer_id, channel, message)
        if change.kind is ChangeKind.EDITED:
            return types.UpdateEditChannelMessage(shown, change.pts, change.count)
        return types.UpdateNewChannelMessage(shown, change.pts, change.count)

    def dialog(self, channel: Channel) -> Any:
        """A line of the list of chats."""
        top = channel.alive[-1] if channel.alive else 0
        return types.Dialog(
            types.PeerChannel(channel.id), top, 0, 0, 0, 0, 0, 0, types.PeerNotifySettings(), pts=channel.pts
        )
