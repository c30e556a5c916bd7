"""Updates to everybody who is connected and may see them."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

from telethon.tl import types

from .basic import BoxChange
from .channels import Channel
from .connection import Connection
from .keys import AuthKey, HoldsKey
from .messages import Change, ChangeKind
from .state import Cut, State
from .swallow import PushKind
from .tl import Renderer, vector
from .tl_groups import GroupRenderer
from .users import User

_UPDATES = types.Updates.CONSTRUCTOR_ID


def updates(update: bytes, users: list[bytes], chats: list[bytes], date: int) -> bytes:
    """An `updates` object put together from serialised parts."""
    parts = (struct.pack("<I", _UPDATES), vector([update]), vector(users), vector(chats))
    return b"".join(parts) + struct.pack("<ii", date, 0)


class Pusher:
    """Hears of changes and pushes them. A text is serialised once for all who see it alike."""

    def __init__(self, state: State, render: Renderer, connections: Collection[Connection]) -> None:
        self._state = state
        self._render = render
        self._connections = connections
        self._groups = GroupRenderer(state, render)
        self._chats: dict[tuple[int, int], tuple[int, bytes]] = {}
        self._users: dict[tuple[int, int], bytes] = {}

    def _logged_in(self, channel: Channel) -> Iterator[tuple[User, AuthKey]]:
        for user_id in self._state.keys.users():
            if channel.is_member(user_id):
                user = self._state.users[user_id]
                if not user.dead and user.freeze is None:
                    yield from ((user, key) for key in self._state.keys.of_user(user_id) if not key.dead)

    def sees(self, user: User, channel: Channel, author_id: int | None) -> bool:
        """Whether updates about a message reach an account: bots hear as administrators only, and no other bots."""
        if not user.is_bot:
            return True
        if not channel.is_admin(user.id):
            return False
        author = self._state.users.get(author_id or 0)
        return not channel.megagroup or author is None or not author.is_bot or author is user

    def changed(self, change: Change, origin: object | None) -> None:
        """Pushes a change to all members but the connection that made it: that one has it in its answer."""
        channel = self._state.channels[change.channel_id]
        bodies: dict[object, bytes] = {}
        author_id = None if change.kind is ChangeKind.DELETED else channel.messages[change.ids[0]].author_id
        lost: dict[int, bool] = {}
        for user, key in self._logged_in(channel):
            if not self.sees(user, channel, author_id):
                continue
            for connection in self._hearing(user, key, origin):
                if user.id not in lost:
                    lost[user.id] = self._vanishes(user, change.channel_id, change.kind, change.pts)
                if not lost[user.id]:
                    connection.push(self._body(bodies, user.id, channel, change, author_id))

    def _hearing(self, user: User, key: AuthKey, origin: object | None) -> list[HoldsKey]:
        return [
            connection
            for connection in key.connections
            if connection is not origin and connection.wants_updates and connection.dc == user.dc
        ]

    def _vanishes(self, user: User, chat_id: int, kind: ChangeKind, pts: int) -> bool:
        return self._state.swallower.takes(PushKind(kind.value), chat_id, user.id, pts)

    def box_changed(self, user_id: int, change: BoxChange, origin: object | None) -> None:
        """Pushes a change in a basic group to one account, but not to the connection that made it."""
        user = self._state.users[user_id]
        if user.dead or user.freeze is not None:
            return
        update = self._groups.update(user_id, change)
        assert update is not None, "a change is pushed at once"
        people = self._groups.authors(user_id, self._groups.of_change(change, user_id))
        chat = self._groups.chat(user_id, self._state.groups[change.group_id])
        body = updates(bytes(update), [bytes(person) for person in people], [bytes(chat)], change.date)
        keys = self._state.keys.of_user(user_id)
        hearing = [connection for key in keys for connection in self._hearing(user, key, origin)]
        if hearing and self._vanishes(user, change.group_id, change.kind, change.pts):
            return
        for connection in hearing:
            connection.push(body)

    def _body(
        self, bodies: dict[object, bytes], viewer: int, channel: Channel, change: Change, author_id: int | None
    ) -> bytes:
        # File references belong to one account; a plain message differs only by `out`.
        plain = change.kind is ChangeKind.DELETED or channel.messages[change.ids[0]].file is None
        group: object = (viewer == author_id) if plain else ("file", viewer)
        if group not in bodies:
            update = self._render.update(viewer, channel, change)
            assert update is not None, "a change is pushed at once"
            bodies[group] = bytes(update)
        users = [self._user(viewer, author_id)] if author_id is not None and channel.megagroup else []
        return updates(bodies[group], users, [self._chat(viewer, channel)], change.date)

    def _chat(self, viewer: int, channel: Channel) -> bytes:
        known = self._chats.get((viewer, channel.id))
        if known is None or known[0] != channel.version:
            known = (channel.version, bytes(self._render.channel(viewer, channel)))
            self._chats[viewer, channel.id] = known
        return known[1]

    def _user(self, viewer: int, user_id: int) -> bytes:
        if (viewer, user_id) not in self._users:
            self._users[viewer, user_id] = bytes(self._render.user(viewer, self._state.user(user_id)))
        return self._users[viewer, user_id]

    def membership(self, channel_id: int, user_id: int) -> None:
        """Tells an account that its place in a channel changed."""
        channel = self._state.channels[channel_id]
        if self._state.swallower.takes(PushKind.MEMBERSHIP, channel_id, user_id, channel.version):
            return
        update = bytes(types.UpdateChannel(channel_id))
        body = updates(update, [], [self._chat(user_id, channel)], self._state.clock.date())
        for key in self._state.keys.of_user(user_id):
            for connection in tuple(key.connections):
                if connection.wants_updates:
                    connection.push(body)

    def ended(self, user_id: int, key_id: int) -> None:
        """Makes the connections of a key ask, so that they learn that they are logged out."""
        key = self._state.keys.get(key_id)
        for connection in tuple(key.connections) if key else ():
            connection.push(bytes(types.UpdatesTooLong()))

    def cut(self, user_id: int | None, how: Cut) -> None:
        """Cuts the connections of an account, or all, those that are still agreeing on a key too."""
        for connection in tuple(self._connections):
            key = connection.key
            if user_id is None or (key is not None and key.user_id == user_id):
                connection.cut(half_open=how is Cut.HALF_OPEN)
