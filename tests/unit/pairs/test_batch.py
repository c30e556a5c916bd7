"""Group commit keeps order, and one bad item harms nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.journal.batch import MOST, Batcher


class Flushes:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.poison: set[int] = set()
        self.broken: Exception | None = None

    async def __call__(self, items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        if self.broken:
            raise self.broken
        if self.poison & set(items):
            raise ValueError("poison")
        self.batches.append(list(items))
        return [item * 10 for item in items]


def batcher(flushes: Flushes, modulus: int = 1_000_000) -> Batcher[int, int]:
    return Batcher(flushes, lambda item: [item % modulus], (ValueError,))


async def test_what_arrives_together_shares_a_flush() -> None:
    flushes = Flushes()
    batches = batcher(flushes)
    results = await asyncio.gather(*(batches.add(n) for n in range(10)))
    assert results == [n * 10 for n in range(10)]
    assert flushes.batches == [list(range(10))]


async def test_poison_fails_alone() -> None:
    flushes = Flushes()
    flushes.poison = {3}
    results = await asyncio.gather(
        *(batcher.add(n) for batcher in [batcher(flushes)] for n in range(6)), return_exceptions=True
    )
    assert [r for r in results if not isinstance(r, ValueError)] == [0, 10, 20, 40, 50]
    assert isinstance(results[3], ValueError)
    assert [n for batch in flushes.batches for n in batch] == [0, 1, 2, 4, 5]


async def test_nothing_overtakes_what_failed_for_another_reason() -> None:
    flushes = Flushes()
    flushes.broken = RuntimeError("the lease is gone")
    batches = batcher(flushes)
    waiting = [asyncio.ensure_future(batches.add(n)) for n in range(MOST + 50)]
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, RuntimeError) for result in done)
    flushes.broken = None
    assert await batches.add(7) == 70


async def test_a_cancelled_caller_does_not_stop_the_others() -> None:
    flushes = Flushes()
    batches = batcher(flushes)
    first, second = asyncio.ensure_future(batches.add(1)), asyncio.ensure_future(batches.add(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 20
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_flush_waits_for_what_is_expected() -> None:
    flushes, expected = Flushes(), 2
    batches = Batcher(flushes, lambda item: [item], (), lambda: expected, lambda: 60.0)
    waiting = [asyncio.ensure_future(batches.add(1))]
    await asyncio.sleep(0.01)
    assert not flushes.batches
    waiting.append(asyncio.ensure_future(batches.add(2)))
    assert await asyncio.gather(*waiting) == [10, 20]
    assert flushes.batches == [[1, 2]]


async def test_what_could_not_share_a_flush_does_not_wait_again() -> None:
    flushes = Flushes()
    batches = Batcher(flushes, lambda item: ["same"], (), lambda: 3 if not flushes.batches else 100, lambda: 60.0)
    assert await asyncio.gather(*(batches.add(n) for n in range(3))) == [0, 10, 20]
    assert flushes.batches == [[0], [1], [2]]


async def test_a_flush_does_not_wait_for_ever_for_what_does_not_come() -> None:
    batches = Batcher(Flushes(), lambda item: [item], (), lambda: 5, lambda: 0.02)
    async with asyncio.timeout(5):
        assert [await batches.add(n) for n in range(3)] == [0, 10, 20]


@given(st.lists(st.integers(0, 30), max_size=400), st.integers(1, 10))
def test_items_stay_in_order_and_no_identity_meets_itself(items: list[int], modulus: int) -> None:
    async def run() -> None:
        flushes = Flushes()
        batches = batcher(flushes, modulus)
        assert await asyncio.gather(*map(batches.add, items)) == [item * 10 for item in items]
        assert [item for batch in flushes.batches for item in batch] == items
        for batch in flushes.batches:
            assert len(batch) <= MOST
            assert len({item % modulus for item in batch}) == len(batch)

    asyncio.run(run())
