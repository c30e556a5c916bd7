"""The verbs of basic groups from another process. See `GroupWorld` for what each does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from project.sandbox.control.transport import ControlTransport
from project.sandbox.telegram.messages import NewFile, StoredMessage


class GroupsControl:
    """One method per verb. Messages are named by the numbers of the account in question."""

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport

    async def create(self, title: str, creator: int, members: Iterable[int] = ()) -> int:
        """A basic group; its id."""
        return await self._transport.call("groups/create", int, title=title, creator=creator, members=list(members))

    async def add(self, group_id: int, user_id: int) -> None:
        """An account joins."""
        await self._transport.call("groups/add", object, group_id=group_id, user_id=user_id)

    async def remove(self, group_id: int, user_id: int) -> None:
        """An account is removed."""
        await self._transport.call("groups/remove", object, group_id=group_id, user_id=user_id)

    async def post(
        self, group_id: int, author_id: int, text: str, *, reply_to: int | None = None, files: Sequence[NewFile] = ()
    ) -> int:
        """A member posts; the author's number of the message."""
        return await self._transport.call(
            "groups/post",
            int,
            group_id=group_id,
            author_id=author_id,
            text=text,
            reply_to=reply_to,
            files=list(files),
        )

    async def edit(self, group_id: int, user_id: int, message_id: int, text: str) -> None:
        """Edits a message."""
        await self._transport.call(
            "groups/edit", object, group_id=group_id, user_id=user_id, message_id=message_id, text=text
        )

    async def garble(self, group_id: int, user_id: int, message_id: int) -> None:
        """Nobody can decode a part of the message from now on."""
        await self._transport.call("groups/garble", object, group_id=group_id, user_id=user_id, message_id=message_id)

    async def delete(self, group_id: int, user_id: int, message_id: int) -> None:
        """Deletes a message for everybody."""
        await self._transport.call("groups/delete", object, group_id=group_id, user_id=user_id, message_id=message_id)

    async def migrate(self, group_id: int) -> int:
        """Turns the group into a supergroup; that one's bare id."""
        return await self._transport.call("groups/migrate", int, group_id=group_id)

    async def messages(self, group_id: int, user_id: int) -> list[StoredMessage]:
        """What an account ever got, under its own numbers."""
        return await self._transport.call("groups/messages", list[StoredMessage], group_id=group_id, user_id=user_id)
