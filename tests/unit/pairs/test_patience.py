"""A short wait is waited out; a long one is the caller's to tell."""

from __future__ import annotations

import pytest

from pairs.services.patience import patiently
from project.core.errors import RetryLater


def limited(times: int, seconds: float):
    left = [times]

    async def ask() -> str:
        if left[0]:
            left[0] -= 1
            raise RetryLater("wait", retry_after=seconds, scope="dc:global")
        return "answer"

    return ask


async def test_a_short_wait_is_waited_out() -> None:
    assert await patiently(limited(3, 0.001)) == "answer"


async def test_a_long_wait_is_told_at_once() -> None:
    with pytest.raises(RetryLater):
        await patiently(limited(1, 3600))


async def test_many_short_waits_end_too() -> None:
    with pytest.raises(RetryLater):
        await patiently(limited(1000, 0.001), patience=0.01)
