"""Posting so that a repeat never makes a second message, and finding the id of what was posted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from telethon.tl import functions, types

from project.core.errors import GatewayError, Refused
from project.core.message import RichText
from project.telegram.chats import Chats
from project.telegram.entities import to_telegram
from project.telegram.errors import DUPLICATE
from project.telegram.link import Link
from project.telegram.reading import pages_after, raw_by_id
from project.telegram.values import Sent

_BOT_LOOK_AHEAD = 3  # pages of 100 ids a bot looks through; it cannot ask for the newest id
_USER_PAGES = 10
_NO_PICTURE = ("PHOTO_", "IMAGE_PROCESS_FAILED", "MEDIA_INVALID")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes. `random_id` is its own for good: Telegram makes one message of all calls with it.
    `after_id` is an id surely older than the message, to look it up after."""

    chat_id: int
    random_id: int
    reply_to: int | None
    after_id: int


async def send_text(link: Link, chats: Chats, to: Address, text: RichText) -> Sent:
    """Post a text. A repeat is success."""
    words, entities = to_telegram(text)
    request = functions.messages.SendMessageRequest(
        await chats.address(to.chat_id),
        words,
        reply_to=_reply(to),
        random_id=_signed(to.random_id),
        entities=entities or None,
    )
    return await _send(link, chats, to, request, words)


async def send_media(link: Link, chats: Chats, to: Address, media: Any, caption: RichText) -> Sent:
    """Post uploaded media with a caption. A repeat is success."""
    words, entities = to_telegram(caption)
    request = functions.messages.SendMediaRequest(
        await chats.address(to.chat_id),
        media,
        words,
        reply_to=_reply(to),
        random_id=_signed(to.random_id),
        entities=entities or None,
    )
    return await _send(link, chats, to, request, words)


async def _send(link: Link, chats: Chats, to: Address, request: Any, words: str) -> Sent:
    try:
        answer = await link.call(request, chat_id=to.chat_id)
    except GatewayError as error:
        if error.code != DUPLICATE:
            raise
        return Sent(await find_own(link, chats, to, words, has_file=hasattr(request, "media")))
    return Sent(message_id_of(answer, _signed(to.random_id)))


def is_no_picture(error: Refused) -> bool:
    """Whether Telegram refused a file as a picture that it may take as a document."""
    return error.code.startswith(_NO_PICTURE)


def message_id_of(answer: Any, random_id: int) -> int | None:
    """The id that an answer gives to our message. A repeat gets the first one's."""
    updates: Sequence[Any] = getattr(answer, "updates", ())
    for update in updates:
        if isinstance(update, types.UpdateMessageID) and update.random_id == random_id:
            return int(update.id)
    for update in updates:
        if isinstance(update, types.UpdateNewChannelMessage):
            return int(update.message.id)
    return None


async def find_own(link: Link, chats: Chats, to: Address, words: str, *, has_file: bool) -> int | None:
    """The id of our message that Telegram has already: the oldest one after `after_id` with the same words; None when
    it cannot be found."""
    async for page in _later(link, chats, to):
        for message in page:
            if _is_ours(message, link, words, has_file=has_file):
                return int(message.id)
    return None


async def _later(link: Link, chats: Chats, to: Address) -> AsyncIterator[list[Any]]:
    if link.session.state.is_bot:
        for number in range(_BOT_LOOK_AHEAD):
            first = to.after_id + 1 + number * 100
            yield await raw_by_id(link, chats, to.chat_id, range(first, first + 100))
        return
    pages = 0
    async for page in pages_after(link, chats, to.chat_id, to.after_id):
        yield page
        pages += 1
        if pages == _USER_PAGES:
            return


def _is_ours(message: Any, link: Link, words: str, *, has_file: bool) -> bool:
    """A channel's post does not tell who posted it; in a group it does."""
    if not isinstance(message, types.Message):
        return False
    sender = getattr(message.from_id, "user_id", None)
    mine = message.out or message.post or sender == link.session.state.user_id
    file = isinstance(message.media, types.MessageMediaPhoto | types.MessageMediaDocument)
    return bool(mine) and file == has_file and (message.message or "").strip() == words.strip()


def _reply(to: Address) -> Any:
    return types.InputReplyToMessage(to.reply_to) if to.reply_to else None


def _signed(number: int) -> int:
    """The number as the signed 64 bits that Telegram's random_id has."""
    number &= 0xFFFF_FFFF_FFFF_FFFF
    return number - (1 << 64) if number >= 1 << 63 else number


async def edit(link: Link, chats: Chats, chat_id: int, message_id: int, text: RichText) -> None:
    """Change a message's text or caption. The same text again is success."""
    words, entities = to_telegram(text)
    request = functions.messages.EditMessageRequest(
        await chats.address(chat_id), message_id, message=words, entities=entities or None
    )
    try:
        await link.call(request, chat_id=chat_id)
    except Refused as error:
        if error.code != "MESSAGE_NOT_MODIFIED":
            raise


async def delete(link: Link, chats: Chats, chat_id: int, ids: Sequence[int]) -> int:
    """Remove messages for everybody; how many of them stood. Those already gone are success."""
    stood = 0
    address = await chats.address(chat_id)
    channel = types.InputChannel(chat_id, address.access_hash)
    for start in range(0, len(ids), 100):
        request = functions.channels.DeleteMessagesRequest(channel, list(ids[start : start + 100]))
        stood += (await link.call(request, chat_id=chat_id)).pts_count
    return stood
