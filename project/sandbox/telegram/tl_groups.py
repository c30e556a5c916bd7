"""Basic groups as TL objects, as one account sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from .basic import BasicGroup, BoxChange
from .channels import Role
from .entities import to_tl
from .messages import ChangeKind, StoredMessage
from .state import State
from .tl import ALL_RIGHTS, Renderer


class GroupRenderer:
    """Builds the TL objects of basic groups."""

    def __init__(self, state: State, render: Renderer) -> None:
        self._state = state
        self._render = render

    def chat(self, viewer_id: int, group: BasicGroup) -> Any:
        """A chat; chatForbidden for somebody who was removed."""
        role = group.roles.get(viewer_id)
        if role is Role.BANNED:
            return types.ChatForbidden(group.id, group.title)
        moved = group.moved_to
        proof = self._state.hashes.of(viewer_id, "channel", moved) if moved else 0
        return types.Chat(
            group.id,
            group.title,
            types.ChatPhotoEmpty(),
            len(group.members),
            group.date,
            group.version,
            creator=group.creator == viewer_id or None,
            left=None if role else True,
            deactivated=moved is not None or None,
            noforwards=group.protected or None,
            migrated_to=types.InputChannel(moved, proof) if moved else None,
            admin_rights=ALL_RIGHTS if role is Role.ADMIN else None,
            default_banned_rights=types.ChatBannedRights(0),
        )

    def message(self, viewer_id: int, group: BasicGroup, message: StoredMessage) -> Any:
        """A message under the viewer's number."""
        number, peer, author = group.copies[message.id][viewer_id], types.PeerChat(group.id), message.author_id
        sender = types.PeerUser(author) if author is not None else None
        out = author == viewer_id or None
        if message.service:
            action = types.MessageActionChatMigrateTo(message.moved or 0)
            return types.MessageService(number, peer, message.date, out=out, from_id=sender, action=action)
        answered = group.copies[message.reply_to].get(viewer_id) if message.reply_to else None
        return types.Message(
            id=number,
            peer_id=peer,
            date=message.date,
            message=message.text,
            out=out,
            from_id=sender,
            reply_to=types.MessageReplyHeader(reply_to_msg_id=answered) if answered else None,
            media=self._render.media_of(viewer_id, message),
            entities=to_tl(message.entities) or None,
            edit_date=message.edited,
            grouped_id=message.group_id,
            noforwards=group.protected or None,
        )

    def authors(self, viewer_id: int, messages: Iterable[StoredMessage]) -> list[Any]:
        """The users that go along with messages."""
        ids = {message.author_id for message in messages if message.author_id is not None}
        return [self._render.user(viewer_id, self._state.user(author)) for author in sorted(ids)]

    def update(self, viewer_id: int, change: BoxChange) -> Any | None:
        """The update of a change; None when its message is gone by now."""
        if change.kind is ChangeKind.DELETED:
            return types.UpdateDeleteMessages(list(change.ids), change.pts, change.count)
        group = self._state.groups[change.group_id]
        message = group.messages[self._state.box(viewer_id).places[change.ids[0]][1]]
        if message.deleted:
            return None
        kind = types.UpdateEditMessage if change.kind is ChangeKind.EDITED else types.UpdateNewMessage
        return kind(self.message(viewer_id, group, message), change.pts, change.count)

    def of_change(self, change: BoxChange, viewer_id: int) -> list[StoredMessage]:
        """The messages that a change is about."""
        group, places = self._state.groups[change.group_id], self._state.box(viewer_id).places
        return [group.messages[places[number][1]] for number in change.ids]

    def dialog(self, viewer_id: int, group: BasicGroup) -> Any:
        """A line of the list of chats."""
        peer, settings = types.PeerChat(group.id), types.PeerNotifySettings()
        return types.Dialog(peer, group.newest(viewer_id), 0, 0, 0, 0, 0, 0, settings)
