"""The kernel's end of the fence: a timer that kills this process unless it is armed again in time.

SIGALRM keeps its default action, so the kernel ends the process without running one instruction of ours: also
when the loop is stuck in C, and when the process wakes from SIGSTOP after its lease is gone.
"""

from __future__ import annotations

import os
import signal

FENCED = 70


def prepare() -> None:
    """Give SIGALRM its default action. Main thread only."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


def arm(seconds: float) -> None:
    """Die in `seconds` of wall time unless armed again; at once when the time is already over."""
    if seconds <= 0:
        die()
    signal.setitimer(signal.ITIMER_REAL, seconds)


def disarm() -> None:
    """Stop the timer. Only for a process that holds nothing."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def die() -> None:
    """Stop at once, without good-byes: the kernel closes every connection."""
    os._exit(FENCED)
