"""Ctrl-C ends the program, whatever it does at that moment; nothing is raised where it would be swallowed."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from project.core.stopping import StopAsked, check_stop, hurried, pause, run, stop_on_signal


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    """Whoever runs the tests in the background has them ignore SIGINT, which then stays ignored."""
    former = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


class Finalizer:
    """Is hit by a signal while it is collected: an exception raised here is swallowed by the interpreter."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


async def _in_a_callback() -> None:
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
    await asyncio.sleep(10)


async def _in_the_task() -> None:
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(10)


async def _in_a_finalizer() -> None:
    Finalizer()
    gc.collect()
    await asyncio.sleep(10)


@pytest.mark.parametrize("moment", [_in_a_callback, _in_the_task, _in_a_finalizer])
def test_a_signal_ends_a_running_loop(moment: Callable[[], Coroutine[None, None, None]]) -> None:
    began = time.monotonic()
    with pytest.raises(StopAsked), stop_on_signal():
        run(moment())
    assert time.monotonic() - began < 9


def test_a_signal_in_a_finalizer_is_not_lost() -> None:
    def work() -> None:
        Finalizer()
        pause(10)

    with pytest.raises(StopAsked), stop_on_signal():
        work()


def test_work_is_cancelled_and_cleans_up_before_the_program_ends() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(0)
            done.append("cleaned up")

    with pytest.raises(StopAsked), stop_on_signal():
        run(work())
    assert done == ["cleaned up"]


def test_what_cleans_up_may_wait_and_is_not_disturbed() -> None:
    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            check_stop()
        finally:
            pause(0.01)
            check_stop()
            assert not hurried()

    with pytest.raises(StopAsked), stop_on_signal():
        work()


def test_a_block_without_waits_still_tells_that_it_was_asked_to_end() -> None:
    with pytest.raises(StopAsked), stop_on_signal():
        signal.raise_signal(signal.SIGHUP)


def test_the_second_signal_ends_even_a_program_that_hangs() -> None:
    """The kernel does it: no Python code has to run."""
    code = """
        import signal, sys, threading
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        from project.core import stopping
        stopping.HURRY = 0.2
        with stopping.stop_on_signal():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            assert stopping.hurried()
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()
    """
    argv = [sys.executable, "-c", textwrap.dedent(code)]
    ended = subprocess.run(argv, timeout=30, stderr=subprocess.PIPE, env={**os.environ}, check=False)
    assert ended.returncode == -signal.SIGALRM
    assert b"ends it at once" in ended.stderr


def test_commands_for_people_wait_where_a_signal_is_heard() -> None:
    """The handler raises nothing, so `time.sleep` in a command would be deaf to Ctrl-C."""
    root = Path(__file__).parents[3] / "project"
    commands = [*(root / "management" / "commands").glob("*.py"), *(root / "doors").rglob("*.py")]
    assert commands
    assert not [path.name for path in commands if "time.sleep(" in path.read_text()]
