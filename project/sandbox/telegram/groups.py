"""The verbs of basic groups. Messages are named by the numbers of the account in question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from project.core.errors import InvalidInput, NotFound

from . import grouping
from .basic import BasicGroup
from .channels import Role
from .errors import RpcRefusedError
from .messages import NewFile, StoredMessage
from .posting import Draft
from .state import State


class GroupWorld:
    """Basic groups of a loopback Telegram. Raises NotFound, and InvalidInput with Telegram's own error name."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, title: str, creator: int, members: Iterable[int] = ()) -> int:
        """A basic group; gives its id (positive)."""
        group = BasicGroup(next(self._state.basic_ids), title, self._state.clock.date(), self._state.user(creator).id)
        group.roles = {self._state.user(user_id).id: Role.MEMBER for user_id in members} | {creator: Role.ADMIN}
        self._state.groups[group.id] = group
        return group.id

    def add(self, group_id: int, user_id: int) -> None:
        """An account joins; it gets what is posted from now on."""
        group = self.group(group_id)
        group.roles[self._state.user(user_id).id] = Role.MEMBER
        group.version += 1

    def remove(self, group_id: int, user_id: int) -> None:
        """An account is removed; it keeps its copies of what was posted."""
        group = self.group(group_id)
        group.roles[user_id] = Role.BANNED
        group.version += 1

    def post(
        self,
        group_id: int,
        author_id: int,
        text: str,
        *,
        reply_to: int | None = None,
        files: Sequence[NewFile] = (),
    ) -> int:
        """A member posts, an album with several files; gives the author's number of the (first) message."""
        group = self.group(group_id)
        if not group.is_member(author_id):
            raise NotFound(f"Account {author_id} is not in {group.title}.")
        self._state.logins.burn(self._state.user(author_id).phone, text)
        try:
            date = self._state.clock.date()
            stored = [self._state.files.store(file, date=date, protected=group.protected) for file in files]
            drafts = [Draft(text, (), stored[0] if stored else None, reply_to)]
            drafts += [Draft(file=file, reply_to=reply_to) for file in stored[1:]]
            posted = grouping.post(self._state, group, drafts, author_id=author_id)
        except RpcRefusedError as failure:
            raise InvalidInput(f"Telegram refuses that: {failure.name}.") from None
        return group.copies[posted[0].id][author_id]

    def edit(self, group_id: int, user_id: int, message_id: int, text: str) -> None:
        """Edits the message that an account knows by that number."""
        group, message = self._found(group_id, user_id, message_id)
        try:
            grouping.edit(self._state, group, message, text, ())
        except RpcRefusedError as failure:
            raise InvalidInput(f"Telegram refuses that: {failure.name}.") from None

    def garble(self, group_id: int, user_id: int, message_id: int) -> None:
        """Nobody can decode a part of the message from now on."""
        group, message = self._found(group_id, user_id, message_id)
        group.messages[message.id] = replace(message, garbled=True)

    def delete(self, group_id: int, user_id: int, message_id: int) -> None:
        """Deletes, for everybody, the message that an account knows by that number."""
        group, message = self._found(group_id, user_id, message_id)
        grouping.delete(self._state, group, [message])

    def migrate(self, group_id: int) -> int:
        """Turns the group into a supergroup; gives that one's bare id."""
        try:
            return grouping.migrate(self._state, self.group(group_id)).id
        except RpcRefusedError as failure:
            raise InvalidInput(f"Telegram refuses that: {failure.name}.") from None

    def messages(self, group_id: int, user_id: int) -> list[StoredMessage]:
        """What an account ever got, deleted messages too, under its own numbers; without service messages."""
        group = self.group(group_id)
        numbered = ((group.seen_by(user_id, message), message) for message in group.messages.values())
        return [replace(item, id=number) for number, item in numbered if number is not None and not item.service]

    def group(self, group_id: int) -> BasicGroup:
        """A group as it is now."""
        if group_id not in self._state.groups:
            raise NotFound(f"There is no basic group {group_id}.")
        return self._state.groups[group_id]

    def _found(self, group_id: int, user_id: int, message_id: int) -> tuple[BasicGroup, StoredMessage]:
        known = grouping.found(self._state, user_id, message_id)
        if known is None or known[0].id != group_id:
            raise NotFound(f"Account {user_id} has no message {message_id} in basic group {group_id}.")
        return known
