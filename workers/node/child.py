"""The first steps of a forked worker: away with everything that is the parent's."""

from __future__ import annotations

import gc
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from workers.node.lifeline import die_with_parent

PIPE = 3
CRASHED = 71
_HIGHEST = 1 << 20


def shed_parent(parent: int, end: socket.socket, work: Callable[[socket.socket], int]) -> NoReturn:
    """Turn a fresh fork into a process of its own, run `work` with its pipe, and exit with what it returns."""
    code = CRASHED
    try:
        die_with_parent(parent)
        pipe = _close_all_but(end)
        _reset_signals()
        random.seed()
        gc.enable()
        code = work(pipe)
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else CRASHED
    except BaseException:  # the last frame of this process: nobody above can report it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _close_all_but(end: socket.socket) -> socket.socket:
    """Keep standard input, output, errors and the pipe, as descriptors 0 to 3."""
    given = end.detach()
    signal.set_wakeup_fd(-1)
    if given != PIPE:
        os.dup2(given, PIPE, inheritable=False)
    os.closerange(PIPE + 1, _HIGHEST)
    pipe = socket.socket(fileno=PIPE)
    pipe.setblocking(False)
    return pipe


def _reset_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
