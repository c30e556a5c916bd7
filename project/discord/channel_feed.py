"""What happens in one channel, handed to the sink in order, one act after the other."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from project.core.errors import InvalidInput, TargetGone
from project.core.logs import get_logger
from project.core.message import UNREADABLE, Message
from project.discord.acts import Act, Delete, Edit, Post
from project.discord.convert import unreadable
from project.discord.pacing import Backoff

log = get_logger(__name__)

LONGEST_QUEUE = 10_000
REMEMBERED = 2_000
TRIES = 3
SLOWEST_RETRY = 10.0
TOLD_AFTER = 5  # failures of catching up, some 15 s
CLOSED_SECONDS = 300.0  # between looks at a channel that the bot may not read
FAULTS = (TypeError, ValueError, LookupError, AttributeError, AssertionError, RecursionError, InvalidInput)


class ListenerSink(Protocol):
    """Where people's acts go. Every act may come more than once: the sink is idempotent.

    When a method raises, the act is handed over again until it is taken, and what follows in its channel waits: the
    store may be down. Only an exception that speaks of a fault in the act itself (`FAULTS`) drops it, after three
    tries and with an error in the log; of a message a line stays that says so.
    """

    async def posted(self, message: Message, webhook_id: int | None) -> None:
        """A message by a person, another bot, or the webhook `webhook_id` (perhaps a pair's own)."""

    async def edited(self, message: Message, webhook_id: int | None) -> None:
        """The message as it reads now; perhaps nothing of it changed."""

    async def deleted(self, channel_id: int, message_ids: Sequence[int]) -> None:
        """Anybody's messages, ours too, are gone."""

    async def last_seen(self, channel_id: int) -> int | None:
        """The id after which catching up starts; None to start with what comes next."""

    async def untaken(self, channel_id: int, message_ids: Sequence[int]) -> frozenset[int]:
        """Of these ids, none of them above `last_seen`, those of messages that should have been taken and were not."""

    async def standing(self, channel_id: int) -> frozenset[int]:
        """The newest messages, people's and ours, that nobody has deleted as far as known."""

    async def unread(self, channel_id: int, trouble: str) -> None:
        """What people did in the channel may be missed, and why, as a sentence; "" when it is read, again or still."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The gateway's session is new: what came before it is in the channel's history only."""


Scan = Callable[[int], AsyncIterator[Act]]  # a channel's id -> what happened and the sink does not know


class ChannelFeed:
    """One channel's queue. `scan` reads the history; it may be used after `ready` returned."""

    def __init__(
        self, channel_id: int, *, sink: ListenerSink, scan: Scan, ready: Callable[[], Awaitable[None]]
    ) -> None:
        self._channel_id = channel_id
        self._sink = sink
        self._scan = scan
        self._ready = ready
        self._queue: deque[Act | CatchUp] = deque()
        self._arrived = asyncio.Event()
        self._delivered: OrderedDict[int, None] = OrderedDict()
        self._trouble: str | None = None  # what people were told last

    def put(self, act: Act | CatchUp) -> None:
        """Queue an act; never blocks. When the queue is full, the history has to tell later."""
        if len(self._queue) >= LONGEST_QUEUE:
            log.error("acts dropped, the store is too slow", channel=self._channel_id)
            act = CatchUp()
        # Two gaps in a row are one, and the second may only just have opened: keep the later place in the
        # queue.
        if isinstance(act, CatchUp) and self._queue and isinstance(self._queue[-1], CatchUp):
            return
        self._queue.append(act)
        self._arrived.set()

    async def run(self) -> None:
        """Hand over what comes, for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                act = self._queue.popleft()
                if isinstance(act, CatchUp):
                    await self._catch_up()
                else:
                    await self._deliver(act)

    async def _catch_up(self) -> None:
        pause, failures, loop = Backoff(), 0, asyncio.get_running_loop()
        while True:
            await self._ready()
            try:
                await self._scan_once()
            except TargetGone as error:
                log.warning("a channel cannot be read", channel=self._channel_id, code=error.code)
                await self._tell(error.message)
                loop.call_later(CLOSED_SECONDS, self.put, CatchUp())
                return
            except Exception as error:
                # Whatever it was, giving up would lose messages: the history stays there to be read.
                log.exception("catching up failed", channel=self._channel_id)
                failures += 1
                if failures == TOLD_AFTER:
                    await self._tell(f"Its history could not be read {failures} times ({type(error).__name__}).")
                await asyncio.sleep(pause.next(now=loop.time()))
            else:
                await self._tell("")
                return

    async def _tell(self, trouble: str) -> None:
        """Once for each change. When the store is down, the next look tells."""
        if trouble == self._trouble:
            return
        try:
            await self._sink.unread(self._channel_id, trouble)
        except Exception:
            log.exception("the store does not take what is wrong with a channel", channel=self._channel_id)
        else:
            self._trouble = trouble

    async def _scan_once(self) -> None:
        async for act in self._scan(self._channel_id):
            await self._deliver(act)

    async def _deliver(self, act: Act) -> None:
        if isinstance(act, Post) and act.message.message_id in self._delivered:
            return
        faults = 0
        pause = Backoff()
        while faults < TRIES:
            try:
                await self._hand_over(act)
            except FAULTS:
                log.exception("an act of a channel failed", channel=self._channel_id)
                faults += 1
            except Exception:
                # Whatever it is (drivers of databases have exceptions of their own), dropping would lose it.
                log.exception("the store does not take an act", channel=self._channel_id)
            else:
                self._remember(act)
                return
            await asyncio.sleep(min(SLOWEST_RETRY, pause.next(now=asyncio.get_running_loop().time())))
        log.error("act dropped", channel=self._channel_id, act=type(act).__name__)
        if isinstance(act, Post) and act.message.note != UNREADABLE:
            await self._deliver(Post(unreadable(act.message), act.webhook_id))

    async def _hand_over(self, act: Act) -> None:
        match act:
            case Post(message, webhook_id):
                await self._sink.posted(message, webhook_id)
            case Edit(message, webhook_id):
                await self._sink.edited(message, webhook_id)
            case Delete(message_ids):
                await self._sink.deleted(self._channel_id, message_ids)

    def _remember(self, act: Act) -> None:
        if isinstance(act, Post):
            self._delivered[act.message.message_id] = None
            if len(self._delivered) > REMEMBERED:
                self._delivered.popitem(last=False)
