"""Ctrl-C and SIGTERM: written down by the handler, heard where the program waits.

No exception leaves a signal handler: it would rise out of whatever runs at that moment, and a finalizer or a callback
of the event loop swallows it (measured: the program went on, deaf to every later signal). So the handler only counts,
and `check_stop`, `pause`, `run` and `await_input` raise StopAsked at places where a program can end cleanly.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

HURRY = 3.0  # seconds after the second signal until the kernel ends the program, whatever it does
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPING = b"\nStopping, which takes up to 10 seconds. The same again ends it at once.\n"


class StopAsked(BaseException):
    """A person or the system asked this program to end. Not an Exception, so that `except Exception` lets it pass."""


class _Signals:
    """How often we were asked, and a pipe that wakes whoever waits."""

    def __init__(self) -> None:
        self.asked = 0
        self.told = False  # StopAsked was raised: what cleans up afterwards waits undisturbed
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def note(self, _number: int, _frame: FrameType | None) -> None:
        """Count a signal. The second one arms SIGALRM, whose default action ends the process and so its children."""
        self.asked += 1
        if self.asked == 1:
            os.write(self.writer, b"!")
            with suppress(OSError):
                os.write(2, _STOPPING)
        elif self.asked == 2:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, HURRY)

    def close(self) -> None:
        os.close(self.reader)
        os.close(self.writer)


_current: _Signals | None = None


@contextmanager
def stop_on_signal() -> Iterator[None]:
    """Hear SIGINT, SIGTERM and SIGHUP within this block, in the main thread.

    What was ignored before (nohup) stays ignored; former handlers are back afterwards.
    """
    global _current
    _current = signals = _Signals()
    heard = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, signals.note) for number in heard}
    try:
        yield
        check_stop()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _current = None
        signals.close()


def check_stop() -> None:
    """Raise StopAsked when we were asked to end, the first time only."""
    if _current is not None and _current.asked and not _current.told:
        _current.told = True
        raise StopAsked


def hurried() -> bool:
    """Were we asked twice? Then nothing is drained any more."""
    return _current is not None and _current.asked > 1


def pause(seconds: float) -> None:
    """Sleep. Raises StopAsked as soon as we are asked to end."""
    check_stop()
    if _current is None or _current.told:
        time.sleep(seconds)
    else:
        select.select([_current.reader], [], [], seconds)
        check_stop()


def await_input(descriptor: int) -> None:
    """Wait until something can be read. Raises StopAsked as soon as we are asked to end."""
    if _current is not None and not _current.told:
        select.select([descriptor, _current.reader], [], [])
    check_stop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own. When we are asked to end, it is cancelled; then StopAsked is raised."""
    return asyncio.run(_cancelled_by_signal(work))


async def _cancelled_by_signal(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    signals = _current
    if signals is None or signals.told:
        return await task
    loop = asyncio.get_running_loop()

    def cancel() -> None:  # once: the pipe stays readable, and a second cancellation would end the cleaning up
        loop.remove_reader(signals.reader)
        task.cancel()

    loop.add_reader(signals.reader, cancel)
    try:
        return await task
    except asyncio.CancelledError:
        check_stop()
        raise
    finally:
        loop.remove_reader(signals.reader)
