"""Ending tasks, also one that swallows a cancellation."""

from __future__ import annotations

import asyncio

from workers.waiting import cancelled


async def test_a_swallowed_cancellation_is_repeated() -> None:
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 2:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await cancelled([task], limit=30)
    assert task.cancelled()
    assert swallowed == 2


async def test_a_task_that_never_ends_is_waited_for_no_longer_than_the_limit() -> None:
    done = asyncio.Event()

    async def stubborn() -> None:
        while not done.is_set():
            try:
                await done.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await cancelled([task], limit=0.01)
    assert not task.done()
    done.set()
    await task
