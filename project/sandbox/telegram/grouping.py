"""Posts, edits and deletes in basic groups, whoever asks for them; and their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .basic import BasicGroup
from .channels import Channel, Role
from .errors import RpcRefusedError
from .messages import ChangeKind, Edit, Entity, StoredMessage
from .posting import Draft, announce
from .state import State
from .text import CAPTION_LIMIT, TEXT_LIMIT, tidy


def found(state: State, user_id: int, number: int) -> tuple[BasicGroup, StoredMessage] | None:
    """The message that an account calls so; None when it has none or it was deleted."""
    place = state.box(user_id).places.get(number)
    if place is None:
        return None
    group = state.groups[place[0]]
    message = group.messages[place[1]]
    return None if message.deleted else (group, message)


def post(
    state: State, group: BasicGroup, drafts: Sequence[Draft], *, author_id: int, origin: object | None = None
) -> list[StoredMessage]:
    """Posts one message, or an album; replies are named by the author's numbers. Raises what texts are refused for."""
    checked = [_checked(state, group, draft, author_id) for draft in drafts]
    album = next(state.group_ids) if len(checked) > 1 else None
    return [
        _stored(state, group, _message(state, group, draft, author_id, album), draft.random_id, origin)
        for draft in checked
    ]


def _checked(state: State, group: BasicGroup, draft: Draft, author_id: int) -> Draft:
    text, entities = tidy(draft.text, draft.entities, limit=CAPTION_LIMIT if draft.file else TEXT_LIMIT)
    if not text and draft.file is None:
        raise RpcRefusedError("MESSAGE_EMPTY")
    answered = None
    if draft.reply_to is not None:
        known = found(state, author_id, draft.reply_to)
        if known is None or known[0] is not group:
            raise RpcRefusedError("REPLY_MESSAGE_ID_INVALID")
        answered = known[1].id
    return replace(draft, text=text, entities=entities, reply_to=answered)


def _message(
    state: State, group: BasicGroup, draft: Draft, author_id: int, album: int | None = None, moved: int | None = None
) -> StoredMessage:
    clock = state.clock
    return StoredMessage(
        channel_id=group.id,
        id=len(group.messages) + 1,
        date=clock.date(),
        arrived_at=clock.monotonic() * 1000,
        arrived_wall=clock.wall() * 1000,
        text=draft.text,
        entities=draft.entities,
        author_id=author_id,
        reply_to=draft.reply_to,
        file=draft.file,
        group_id=album,
        random_id=draft.random_id,
        service=moved is not None,
        moved=moved,
    )


def _stored(
    state: State, group: BasicGroup, message: StoredMessage, random_id: int | None, origin: object | None
) -> StoredMessage:
    group.put(message, [(user_id, state.box(user_id).take(group.id, message.id)) for user_id in group.members])
    if random_id is not None and message.author_id is not None:
        state.sent_to_groups[message.author_id, random_id] = (group.id, message.id, state.clock.monotonic())
    _tell(state, group, ChangeKind.POSTED, [message], origin)
    return message


def edit(
    state: State,
    group: BasicGroup,
    message: StoredMessage,
    text: str,
    entities: Sequence[Entity],
    *,
    origin: object | None = None,
) -> StoredMessage:
    """Replaces a text. Raises MESSAGE_NOT_MODIFIED, MESSAGE_EMPTY and the limits' errors."""
    text, kept = tidy(text, entities, limit=CAPTION_LIMIT if message.file else TEXT_LIMIT)
    if not text and message.file is None:
        raise RpcRefusedError("MESSAGE_EMPTY")
    if (text, kept) == (message.text, message.entities):
        raise RpcRefusedError("MESSAGE_NOT_MODIFIED")
    step = Edit(text, state.clock.monotonic() * 1000, state.clock.wall() * 1000)
    edited = replace(message, text=text, entities=kept, edited=state.clock.date(), edits=(*message.edits, step))
    group.messages[message.id] = edited
    _tell(state, group, ChangeKind.EDITED, [edited], origin)
    return edited


def delete(state: State, group: BasicGroup, messages: Sequence[StoredMessage], *, origin: object | None = None) -> None:
    """Deletes messages for everybody."""
    for message in messages:
        gone = replace(message, deleted=True, deleted_at=state.clock.monotonic() * 1000)
        group.messages[message.id] = gone
        for user_id, number in group.copies[message.id].items():
            group.alive[user_id].remove(number)
    if messages:
        _tell(state, group, ChangeKind.DELETED, messages, origin)


def _tell(
    state: State, group: BasicGroup, kind: ChangeKind, messages: Sequence[StoredMessage], origin: object | None
) -> None:
    readers = dict.fromkeys(user_id for message in messages for user_id in group.copies[message.id])
    for user_id in readers:
        numbers = (group.seen_by(user_id, message) for message in messages)
        ids = tuple(number for number in numbers if number is not None)
        change = state.box(user_id).record(group.id, kind, ids, state.clock.date())
        for listener in tuple(state.box_listeners):
            listener.box_changed(user_id, change, origin)


def migrate(state: State, group: BasicGroup, *, origin: object | None = None) -> Channel:
    """The group becomes a supergroup with all its members. Each side says so in a service message.

    Source: https://core.telegram.org/api/channel#migration.
    """
    if group.moved_to is not None:
        raise RpcRefusedError("CHAT_ID_INVALID")
    channel = Channel(next(state.channel_ids), group.title, state.clock.date(), megagroup=True)
    channel.roles = {user_id: group.roles[user_id] for user_id in group.members}
    channel.roles[group.creator] = Role.ADMIN
    state.channels[channel.id] = channel
    group.moved_to = channel.id
    group.version += 1
    moved = _message(state, group, Draft(), group.creator, moved=channel.id)
    _stored(state, group, moved, None, origin)
    began = replace(moved, channel_id=channel.id, id=1, author_id=None, moved=group.id)
    channel.put([began])
    announce(state, channel, ChangeKind.POSTED, (began.id,), origin)
    return channel
