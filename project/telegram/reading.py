"""Reading messages back: history upwards, and single ones by id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from telethon.tl import functions, types

from project.core.message import Message
from project.telegram.chats import Chats
from project.telegram.link import Link
from project.telegram.messages import neutral_message
from project.telegram.peers import ask_messages, chat_number

PAGE = 100  # messages a call, Telegram's limit


async def pages_after(link: Link, chats: Chats, chat_id: int, after_id: int) -> AsyncIterator[list[Any]]:
    """Telegram's own messages with an id above `after_id`, ascending, page by page. Users only."""
    address = await chats.address(chat_id)
    while True:
        request = functions.messages.GetHistoryRequest(
            address, offset_id=after_id + 1, offset_date=None, add_offset=-PAGE, limit=PAGE, max_id=0,
            min_id=after_id, hash=0,
        )  # fmt: skip
        answer = await link.call(request, chat_id=chat_id)
        page = sorted((m for m in answer.messages if m.id > after_id), key=lambda m: m.id)
        if not page:
            return
        yield page
        after_id = page[-1].id


async def now_there(link: Link) -> float:
    """Telegram's own time, in Unix seconds. Users only. (https://core.telegram.org/method/updates.getState)"""
    state = await link.call(functions.updates.GetStateRequest())
    return float(state.date.timestamp())


async def newest_beyond(link: Link, chats: Chats, chat_id: int, *, before: int, most: int) -> int:
    """The newest message that was written before `before` (Unix seconds) or has `most` newer ones; 0 where there is
    none. A bound of 0 is no bound. Users only. (https://core.telegram.org/api/offsets)

    An answer that cannot be right counts for nothing: Telegram does not say how far its windows reach.
    """
    address = await chats.address(chat_id)

    async def one(*, date: int = 0, skipped: int = 0) -> list[Any]:
        request = functions.messages.GetHistoryRequest(
            address, offset_id=0, offset_date=date or None, add_offset=skipped, limit=1, max_id=0, min_id=0, hash=0
        )
        return list((await link.call(request, chat_id=chat_id)).messages)

    beyond = [m for m in await one(date=before) if m.date.timestamp() < before] if before else []
    far = await one(skipped=most) if most else []
    newest = await one() if far else []
    beyond += [m for m, top in zip(far, newest, strict=False) if top.id - m.id >= most]
    return max((int(m.id) for m in beyond), default=0)


async def raw_by_id(link: Link, chats: Chats, chat_id: int, ids: Sequence[int]) -> list[Any]:
    """Telegram's own messages with these ids, as far as they exist."""
    address = await chats.address(chat_id)
    found: list[Any] = []
    for start in range(0, len(ids), PAGE):
        answer = await link.call(ask_messages(address, ids[start : start + PAGE]), chat_id=chat_id)
        there = [m for m in answer.messages if not isinstance(m, types.MessageEmpty)]
        found += [m for m in there if chat_number(m.peer_id) == chat_id]
    return found


async def history(link: Link, chats: Chats, chat_id: int, after_id: int) -> AsyncIterator[Message]:
    """Messages above `after_id`, ascending, without service messages."""
    async for page in pages_after(link, chats, chat_id, after_id):
        for raw in page:
            message = neutral_message(raw, link.names, link.name)
            if message is not None:
                yield message


async def fetch(link: Link, chats: Chats, chat_id: int, ids: Sequence[int]) -> dict[int, Message]:
    """Those of the messages that still exist."""
    raw = await raw_by_id(link, chats, chat_id, ids)
    messages = (neutral_message(m, link.names, link.name) for m in raw)
    return {m.message_id: m for m in messages if m is not None}
