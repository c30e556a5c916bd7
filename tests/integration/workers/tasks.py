"""Tasks for the tests' workers."""

from __future__ import annotations

import asyncio
import os
import threading

import redis
from celery import shared_task

from project.core.config import current


@shared_task(name="tests.where_async")
async def where_async(key: str) -> None:
    """Note which thread ran this, and whether its loop is the session's."""
    await asyncio.to_thread(_note, key, f"{os.getpid()} {threading.current_thread().name}")


@shared_task(name="tests.where_sync")
def where_sync(key: str) -> None:
    _note(key, f"{os.getpid()} {threading.current_thread().name}")


@shared_task(name="tests.fail_async")
async def fail_async() -> None:
    raise ValueError("on purpose")


@shared_task(name="tests.linger")
async def linger(key: str, seconds: float) -> None:
    """Stay unacknowledged for a while."""
    await asyncio.to_thread(_note, key, "began")
    await asyncio.sleep(seconds)


@shared_task(name="tests.block_loop")
async def block_loop() -> None:
    """Hang the loop in C."""
    threading.Event().wait()


def _note(key: str, text: str) -> None:
    with redis.Redis.from_url(current().redis_url) as client:
        client.set(key, text)
