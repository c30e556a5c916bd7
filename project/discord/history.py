"""What a channel's history tells of the time when nobody listened: posts, edits and deletes among its last hundred
messages, and all posts after the last one that the sink knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Protocol

from project.core.errors import TargetGone
from project.core.logs import get_logger
from project.discord.acts import Act, Delete, Edit, Post
from project.discord.convert import is_written, neutral
from project.discord.directory import Directory
from project.discord.fields import LARGEST, Fields

log = get_logger(__name__)

PAGE = 100


class Reader(Protocol):
    """Whoever may read the channel."""

    async def page(self, channel_id: int, **where: int) -> list[Any]:
        """Messages `before` or `after` an id, or the newest, the newest first."""

    async def is_gone(self, channel_id: int, message_id: int) -> bool:
        """Whether Discord says that there is no such message."""


class Memory(Protocol):
    """What is known of a channel's messages."""

    async def last_seen(self, channel_id: int) -> int | None:
        """The id after which everything is new; None when nothing is to be read."""

    async def untaken(self, channel_id: int, message_ids: Sequence[int]) -> frozenset[int]:
        """Of these ids up to `last_seen`, those of messages that were never taken but should have been."""

    async def standing(self, channel_id: int) -> frozenset[int]:
        """The newest messages, people's and our own, that stand as far as known: we have deleted none of them."""


async def changes(
    channel_id: int, *, reader: Reader, memory: Memory, directory: Directory, concerns: Callable[[Fields], bool]
) -> AsyncIterator[Act]:
    """What happened and is not known, in the order to take it. `concerns` tells whose messages count.

    Raises TargetGone when nothing can be read and something ought to stand there.
    """
    last = await memory.last_seen(channel_id)
    if last is None:
        return
    standing = await memory.standing(channel_id)  # read before the page: what is posted meanwhile is in neither
    newest = _Page(await reader.page(channel_id))
    pages = [newest] if newest.oldest <= last else [_Page(await reader.page(channel_id, before=last + 1), last), newest]
    gone = await _gone(channel_id, reader, memory, standing, pages)
    if gone:
        yield Delete(gone)
    heard = [item for page in pages for item in _read(page.items, directory, concerns)]
    earlier = [item for item in heard if item.message.message_id <= last]
    untaken = await memory.untaken(channel_id, [item.message.message_id for item in earlier])
    for item in earlier:
        if item.message.message_id in untaken:
            yield item
        elif item.message.edited is not None:
            yield Edit(item.message, item.webhook_id)
    if len(pages) == 1:
        for item in heard[len(earlier) :]:
            yield item
        return
    async for item in _after(last, channel_id, reader, directory, concerns):
        yield item


class _Page:
    """A page of the history, and which ids it tells about: those from `oldest` to `newest`."""

    def __init__(self, items: list[Any], newest: int = LARGEST) -> None:
        self.items = items
        self.ids = frozenset(map(_id, items))
        self.oldest = min(filter(None, self.ids), default=LARGEST) if len(items) >= PAGE else 0
        self.newest = newest

    def lacks(self, ids: frozenset[int]) -> set[int]:
        """Of `ids`, those that would be here if they stood."""
        return {one for one in ids if self.oldest <= one <= self.newest} - self.ids


async def _gone(
    channel_id: int, reader: Reader, memory: Memory, standing: frozenset[int], pages: Sequence[_Page]
) -> tuple[int, ...]:
    """Deleted, and not by ourselves. An empty page may only mean that the bot may not read the history, and what was
    not read has no id: so Discord is asked for one of them, and ours are looked up once more, since a delete of ours
    is written down before it happens."""
    missing: set[int] = set().union(*(page.lacks(standing) for page in pages))
    if not missing:
        return ()
    if not await reader.is_gone(channel_id, max(missing)):
        if not any(page.items for page in pages):
            raise TargetGone("The bot may not read the message history.", code="history")
        log.warning("messages are not in the history, and not deleted", channel=channel_id, count=len(missing))
        return ()
    if any(0 in page.ids for page in pages):
        log.warning("messages are not in the history, but perhaps not deleted", channel=channel_id, count=len(missing))
        return ()
    return tuple(sorted(missing & await memory.standing(channel_id)))


async def _after(
    last: int, channel_id: int, reader: Reader, directory: Directory, concerns: Callable[[Fields], bool]
) -> AsyncIterator[Post]:
    while True:
        page = await reader.page(channel_id, after=last)
        for item in _read(page, directory, concerns):
            yield item
        newest = max(map(_id, page), default=0)
        if len(page) < PAGE or newest <= last:
            return
        last = newest


def _read(page: list[Any], directory: Directory, concerns: Callable[[Fields], bool]) -> Iterator[Post]:
    """Of a page of the history what concerns us, the oldest first. Most of a relayed channel is our own."""
    for raw in sorted(page, key=_id):
        event = Fields(raw)
        if not concerns(event):
            continue
        message = neutral(event, directory)
        if message is None:
            log.error("a message of the history has no id that can be read", fields=event.trouble)
        elif is_written(event):
            yield Post(message, event.snowflake("webhook_id"))


def _id(raw: Any) -> int:
    """0 for a message whose id cannot be read."""
    return Fields(raw).snowflake("id") or 0
