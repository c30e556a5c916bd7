"""Ctrl-C ends the program, whatever it does at that moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine

import pytest

from project.run.signals import StopAsked, stop_on_signal


async def _hear_in_a_callback() -> None:
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
    await asyncio.sleep(10)


async def _hear_in_the_task() -> None:
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("moment", [_hear_in_a_callback, _hear_in_the_task])
def test_a_signal_ends_a_running_loop(moment: Callable[[], Coroutine[None, None, None]]) -> None:
    with pytest.raises(StopAsked), stop_on_signal():
        asyncio.run(moment())
