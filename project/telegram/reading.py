"""Reading messages back: history upwards, and single ones by id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from telethon.tl import functions, types

from project.core.logs import get_logger
from project.core.message import Message
from project.telegram.chats import Chats
from project.telegram.errors import UnreadableAnswer
from project.telegram.link import Link
from project.telegram.messages import neutral_message, unread
from project.telegram.peers import ask_messages, chat_number
from project.telegram.updates import counts_per_account

PAGE = 100  # messages a call, Telegram's limit
FAR = 1000  # ids looked through for the next message when a page cannot be read

_log = get_logger(__name__)


async def pages_after(link: Link, chats: Chats, chat_id: int, after_id: int) -> AsyncIterator[list[Any]]:
    """Telegram's own messages with an id above `after_id`, ascending, page by page. Users only."""
    address = await chats.address(chat_id)
    while True:
        request = functions.messages.GetHistoryRequest(
            address, offset_id=after_id + 1, offset_date=None, add_offset=-PAGE, limit=PAGE, max_id=0,
            min_id=after_id, hash=0,
        )  # fmt: skip
        try:
            found = (await link.call(request, chat_id=chat_id)).messages
        except UnreadableAnswer as error:
            found = await _next_by_id(link, chats, chat_id, after_id, error)
        page = sorted((m for m in found if m.id > after_id), key=lambda m: m.id)
        if not page:
            return
        yield page
        after_id = page[-1].id


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for a message of which only the id is known, as the rest cannot be decoded."""

    id: int


async def _next_by_id(link: Link, chats: Chats, chat_id: int, after_id: int, problem: UnreadableAnswer) -> list[Any]:
    """The next messages when their page cannot be decoded as a whole: one by one, and a stand-in for each that cannot.
    Raises `problem` when there is none near, as the page says that there are some."""
    for start in range(after_id + 1, after_id + 1 + FAR, PAGE):
        if found := await _by_id(link, chats, chat_id, range(start, start + PAGE)):
            return found
    raise problem


async def _by_id(link: Link, chats: Chats, chat_id: int, ids: Sequence[int]) -> list[Any]:
    """Those of at most 100 messages that exist; what cannot be decoded is found by halves, once."""
    known = [Unread(id_) for id_ in ids if (chat_id, id_) in link.unreadable]
    asked = [id_ for id_ in ids if (chat_id, id_) not in link.unreadable]
    if not asked:
        return known
    try:
        answer = await link.call(ask_messages(await chats.address(chat_id), asked), chat_id=chat_id)
    except UnreadableAnswer as error:
        if len(asked) > 1:
            half = len(asked) // 2
            halves = [await _by_id(link, chats, chat_id, part) for part in (asked[:half], asked[half:])]
            return [*known, *halves[0], *halves[1]]
        if counts_per_account(chat_id) and not await _is_there(link, chats, chat_id, asked[0]):
            return known
        _log.error("a message cannot be read", account=link.name, chat=chat_id, message=asked[0], why=error.message)
        link.note_unreadable(chat_id, asked[0])
        return [*known, Unread(asked[0])]
    there = [m for m in answer.messages if not isinstance(m, types.MessageEmpty)]
    return [*known, *(m for m in there if chat_number(m.peer_id) == chat_id)]


async def now_there(link: Link) -> float:
    """Telegram's own time, in Unix seconds. Users only. (https://core.telegram.org/method/updates.getState)"""
    state = await link.call(functions.updates.GetStateRequest())
    return float(state.date.timestamp())


async def _is_there(link: Link, chats: Chats, chat_id: int, message_id: int) -> bool:
    """Whether a message that cannot be decoded is this chat's: ids of basic groups are the account's, so it may be
    another chat's. The history of this one shows by itself whether it has it."""
    request = functions.messages.GetHistoryRequest(
        await chats.address(chat_id), offset_id=message_id + 1, offset_date=None, add_offset=0, limit=1,
        max_id=message_id + 1, min_id=message_id - 1, hash=0,
    )  # fmt: skip
    try:
        await link.call(request, chat_id=chat_id)
    except UnreadableAnswer:
        return True
    return False


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
        try:
            return list((await link.call(request, chat_id=chat_id)).messages)
        except UnreadableAnswer:
            return []

    beyond = [m for m in await one(date=before) if m.date.timestamp() < before] if before else []
    far = await one(skipped=most) if most else []
    newest = await one() if far else []
    beyond += [m for m, top in zip(far, newest, strict=False) if top.id - m.id >= most]
    return max((int(m.id) for m in beyond), default=0)


async def raw_by_id(link: Link, chats: Chats, chat_id: int, ids: Sequence[int]) -> list[Any]:
    """Telegram's own messages with these ids, as far as they exist; `Unread` for what cannot be decoded."""
    found: list[Any] = []
    for start in range(0, len(ids), PAGE):
        found += await _by_id(link, chats, chat_id, ids[start : start + PAGE])
    return found


async def history(link: Link, chats: Chats, chat_id: int, after_id: int) -> AsyncIterator[Message]:
    """Messages above `after_id`, ascending, without service messages."""
    async for page in pages_after(link, chats, chat_id, after_id):
        for raw in page:
            message = _neutral(raw, link, chat_id)
            if message is not None:
                yield message


def _neutral(raw: Any, link: Link, chat_id: int) -> Message | None:
    if isinstance(raw, Unread):
        return unread(chat_id, raw.id, link.name)
    return neutral_message(raw, link.names, link.name)


async def fetch(link: Link, chats: Chats, chat_id: int, ids: Sequence[int]) -> dict[int, Message]:
    """Those of the messages that still exist, with a line in the place of one that cannot be read."""
    raw = await raw_by_id(link, chats, chat_id, ids)
    messages = (_neutral(m, link, chat_id) for m in raw)
    return {m.message_id: m for m in messages if m is not None}
