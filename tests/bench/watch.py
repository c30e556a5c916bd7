"""Sees what arrives, inside the peer's own process: no polling disturbs the measured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from project.sandbox.discord.state import Happened, Happening
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.telegram.messages import Change, ChangeKind
from project.sandbox.telegram.state import Cut
from project.sandbox.telegram.world import TelegramWorld
from tests.bench.orders import Load, Taken

_MARK = re.compile(r"#(\d{6})")


class Collector:
    """Notes the arrivals of one load's messages, by their marks."""

    def __init__(self, load: Load, clock: Callable[[], float]) -> None:
        self._load = load
        self._clock = clock
        self._written: dict[int, float] = {}
        self._seen: dict[tuple[int, int], float] = {}
        self._order: dict[int, int] = {}
        self._doubled = self._swapped = 0
        self._stir = asyncio.Event()

    def write(self, mark: int) -> None:
        """A message is being written now."""
        self._written[mark] = self._clock()

    def arrived(self, chat: int, text: str) -> None:
        """A copy stands in a chat."""
        found = _MARK.search(text)
        mark = int(found[1]) if found else -1
        if mark not in self._written:
            return
        if (chat, mark) in self._seen:
            self._doubled += 1
            return
        self._seen[chat, mark] = self._clock()
        self._swapped += mark < self._order.get(chat, -1)
        self._order[chat] = max(mark, self._order.get(chat, -1))
        self._stir.set()

    async def settle(self) -> Taken:
        """Waits until all is there, or nothing comes any more."""
        expected = self._load.count * self._load.copies
        while len(self._seen) < expected:
            self._stir.clear()
            try:
                async with asyncio.timeout(self._load.patience):
                    await self._stir.wait()
            except TimeoutError:
                break
        return self._taken(expected)

    def _taken(self, expected: int) -> Taken:
        began = min(self._written.values())
        times = sorted(self._seen.values())
        return Taken(
            written=len(self._written),
            missing=expected - len(self._seen),
            doubled=self._doubled,
            out_of_order=self._swapped,
            first=times[0] - began if times else 0.0,
            last=times[-1] - began if times else 0.0,
            latencies=[at - self._written[mark] for (_, mark), at in self._seen.items()],
            arrivals=[at - began for at in times],
        )


class Watch:
    """Hands what both worlds tell to the collectors that wait for it."""

    def __init__(self, telegram: TelegramWorld, discord: DiscordWorld) -> None:
        self._telegram = telegram
        self._waiting: dict[int, list[Collector]] = {}
        telegram.watch(self)
        discord.state.listeners.append(self._happened)

    def begin(self, collector: Collector, chats: tuple[int, ...]) -> None:
        """From now on it hears of these chats."""
        for chat in chats:
            self._waiting.setdefault(chat, []).append(collector)

    def end(self, collector: Collector, chats: tuple[int, ...]) -> None:
        """The inverse."""
        for chat in chats:
            self._waiting[chat].remove(collector)

    def _happened(self, happened: Happened) -> None:
        if happened.what is Happening.MESSAGE_CREATE and happened.channel is not None:
            for collector in self._waiting.get(happened.channel.id, ()):
                for message in happened.messages:
                    collector.arrived(happened.channel.id, message.content)

    # --- project.sandbox.telegram.state.Listener

    def changed(self, change: Change, origin: object | None) -> None:
        """A message was posted, edited or deleted."""
        if change.kind is ChangeKind.POSTED and change.channel_id in self._waiting:
            message = self._telegram.channel(change.channel_id).messages[change.ids[0]]
            for collector in self._waiting[change.channel_id]:
                collector.arrived(change.channel_id, message.text)

    def membership(self, channel_id: int, user_id: int) -> None:
        """Of no interest."""

    def ended(self, user_id: int, key_id: int) -> None:
        """Of no interest."""

    def cut(self, user_id: int | None, how: Cut) -> None:
        """Of no interest."""
