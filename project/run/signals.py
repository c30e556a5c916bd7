"""Ctrl-C and SIGTERM, as one exception, once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(KeyboardInterrupt):
    """A person or the system asked this program to end.

    A KeyboardInterrupt, since asyncio's loop lets only that and SystemExit pass: any other exception raised while a
    callback runs would end in the log, and the program would go on, deaf to further signals.
    """


@contextmanager
def stop_on_signal() -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP raises StopAsked; later ones do not disturb the stopping.

    What was ignored before (nohup) stays ignored. Only for the main thread; former handlers are back afterwards.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in heard:
            signal.signal(number, signal.SIG_IGN)
        raise StopAsked

    heard = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
