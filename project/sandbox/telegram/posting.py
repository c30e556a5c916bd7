"""Posts, edits and deletes, whoever asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .channels import Channel
from .errors import RpcRefusedError
from .messages import ChangeKind, Edit, Entity, StoredFile, StoredMessage
from .state import State
from .text import CAPTION_LIMIT, TEXT_LIMIT, tidy


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to be posted."""

    text: str = ""
    entities: tuple[Entity, ...] = ()
    file: StoredFile | None = None
    reply_to: int | None = None
    random_id: int | None = None


def _checked(channel: Channel, draft: Draft) -> Draft:
    limit = CAPTION_LIMIT if draft.file else TEXT_LIMIT
    text, entities = tidy(draft.text, draft.entities, limit=limit)
    if not text and draft.file is None:
        raise RpcRefusedError("MESSAGE_EMPTY")
    if draft.reply_to is not None and channel.get(draft.reply_to) is None:
        raise RpcRefusedError("REPLY_MESSAGE_ID_INVALID")
    return replace(draft, text=text, entities=entities)


def post(
    state: State,
    channel: Channel,
    drafts: Sequence[Draft],
    *,
    author_id: int | None,
    origin: object | None = None,
) -> list[StoredMessage]:
    """Posts one message, or an album when there are several; all or nothing.

    Raises MESSAGE_EMPTY, MESSAGE_TOO_LONG, MEDIA_CAPTION_TOO_LONG, ENTITY_BOUNDS_INVALID, REPLY_MESSAGE_ID_INVALID.
    """
    checked = [_checked(channel, draft) for draft in drafts]
    group_id = next(state.group_ids) if len(checked) > 1 else None
    posted = [
        StoredMessage(
            channel_id=channel.id,
            id=channel.last_id + place,
            date=state.clock.date(),
            arrived_at=state.clock.monotonic() * 1000,
            arrived_wall=state.clock.wall() * 1000,
            text=draft.text,
            entities=draft.entities,
            author_id=author_id,
            reply_to=draft.reply_to,
            file=draft.file,
            group_id=group_id,
            random_id=draft.random_id,
            garbled=channel.garble_next,
        )
        for place, draft in enumerate(checked, start=1)
    ]
    channel.garble_next = False
    channel.put(posted)
    for message in posted:
        announce(state, channel, ChangeKind.POSTED, (message.id,), origin)
    return posted


def edit(
    state: State,
    channel: Channel,
    message: StoredMessage,
    text: str,
    entities: Sequence[Entity],
    *,
    file: StoredFile | None = None,
    origin: object | None = None,
) -> StoredMessage:
    """Replaces the text of a message, and its file when there is a new one. Raises MESSAGE_NOT_MODIFIED, MESSAGE_EMPTY
    and the limits' errors."""
    draft = _checked(channel, Draft(text, tuple(entities), file or message.file))
    if (draft.text, draft.entities, draft.file) == (message.text, message.entities, message.file):
        raise RpcRefusedError("MESSAGE_NOT_MODIFIED")
    step = Edit(draft.text, state.clock.monotonic() * 1000, state.clock.wall() * 1000)
    edited = replace(
        message,
        text=draft.text,
        entities=draft.entities,
        file=draft.file,
        edited=state.clock.date(),
        edits=(*message.edits, step),
    )
    channel.messages[message.id] = edited
    announce(state, channel, ChangeKind.EDITED, (message.id,), origin)
    return edited


def delete(state: State, channel: Channel, ids: Sequence[int], *, origin: object | None = None) -> int:
    """Deletes what of `ids` exists and gives how many that were."""
    found = [message for message in map(channel.get, dict.fromkeys(ids)) if message is not None]
    for message in found:
        gone = replace(message, deleted=True, deleted_at=state.clock.monotonic() * 1000)
        channel.messages[message.id] = gone
        channel.forget(message.id)
    if found:
        announce(state, channel, ChangeKind.DELETED, tuple(message.id for message in found), origin)
    return len(found)


def announce(state: State, channel: Channel, kind: ChangeKind, ids: tuple[int, ...], origin: object | None) -> None:
    """Counts a change and tells whoever listens."""
    change = channel.record(kind, ids, state.clock.date())
    for listener in tuple(state.listeners):
        listener.changed(change, origin)
