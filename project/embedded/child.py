"""Child processes that cannot outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

SAME_USER = "same"
_LAUNCHER = str(Path(__file__).with_name("launch.py"))


def launched(
    argv: Sequence[str], *, directory: Path, death_signal: signal.Signals, identity: str = SAME_USER
) -> list[str]:
    """The command line that runs `argv` in `directory`, tied to this process (argv[0] is an absolute path)."""
    launcher = [sys.executable, "-I", "-S", _LAUNCHER]
    return [*launcher, str(os.getpid()), str(int(death_signal)), identity, str(directory), *argv]


def spawn(
    argv: Sequence[str],
    *,
    directory: Path,
    output: IO[bytes] | int,
    death_signal: signal.Signals = signal.SIGKILL,
    identity: str = SAME_USER,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own. The kernel sends `death_signal` when the calling *thread* ends.

    So a thread that calls this must live as long as the child. Raises OSError when nothing could be started.
    """
    return subprocess.Popen(  # noqa: S603 - command lines of our own making
        launched(argv, directory=directory, death_signal=death_signal, identity=identity),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        start_new_session=True,  # a Ctrl-C in the terminal reaches us only: we stop our children in order
    )


def end(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> int:
    """Send each signal and wait its seconds until the process has ended; at last SIGKILL to its session."""
    for number, seconds in steps:
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    kill_session(process)
    return process.wait()


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to what is left of the session that `process` leads; nothing left is fine."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
