"""A worker's end of the pipe to its supervisor."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

from workers.node import wire

BEAT_EVERY = 2.0  # seconds; the supervisor takes 10 s of silence for a death
ORPHANED = 72


class Line:
    """Beats while the loop runs, and passes wake-ups and news on. Nothing here ever blocks."""

    def __init__(self, pipe: socket.socket, on_wake: Callable[[], None], on_news: Callable[[str], None]) -> None:
        self._pipe = pipe
        self._on_wake = on_wake
        self._on_news = on_news

    async def run(self) -> None:
        """Beat every two seconds, listen all the time; ends only by cancellation."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), self._hear)
        try:
            while True:
                self.say(wire.BEAT)
                await asyncio.sleep(BEAT_EVERY)
        finally:
            loop.remove_reader(self._pipe.fileno())

    def say(self, word: bytes) -> None:
        """Send one word. Dropped when the supervisor is behind: it judges only after reading everything."""
        try:
            self._pipe.send(word)
        except BlockingIOError:
            return
        except OSError:
            os._exit(ORPHANED)

    def _hear(self) -> None:
        try:
            word = self._pipe.recv(wire.PACKET)
        except BlockingIOError:
            return
        if not word:
            os._exit(ORPHANED)
        if word == wire.WAKE:
            self._on_wake()
        elif word.startswith(wire.NEWS):
            self._on_news(word.removeprefix(wire.NEWS).decode(errors="replace"))
