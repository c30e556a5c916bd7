"""Group commit: what arrives while a statement is under way shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 200  # items of one statement


class Batcher(Generic[Item, Result]):
    """Collects items and hands them to `flush` in order, one flush at a time.

    Two items that share one of their `identities` never share a flush: the second may depend on the first being
    committed. When a flush raises `poison`, its items are tried one by one, so that one that the database does not
    take fails alone.

    While more items are `expected` soon than wait already, a flush waits for them, `linger()` seconds at most: under
    load that is the difference between a statement per item and one for many.
    """

    def __init__(
        self,
        flush: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        identities: Callable[[Item], Collection[Hashable]],
        poison: tuple[type[Exception], ...] = (),
        expected: Callable[[], int] = lambda: 0,
        linger: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._flush = flush
        self._identities = identities
        self._poison = poison
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._expected = expected
        self._linger = linger
        self._runner: asyncio.Task[None] | None = None
        self._lingering: asyncio.TimerHandle | None = None

    async def add(self, item: Item) -> Result:
        """The result for one item, once it is committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None:
            self._flush_or_linger()
        return await future

    def _flush_or_linger(self) -> None:
        if len(self._waiting) >= self._expected():
            self._start()
        elif self._lingering is None:
            self._lingering = asyncio.get_running_loop().call_later(self._linger(), self._start)

    def _start(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        if self._runner is None and self._waiting:
            self._runner = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._flush_all()
        finally:
            self._runner = None
        if self._waiting:
            self._flush_or_linger()

    async def _flush_all(self) -> None:
        """All but what has come just now and may linger."""
        while self._waiting:
            batch = self._take()
            left_over = bool(self._waiting)  # it has waited already
            try:
                await self._settle(batch)
            except asyncio.CancelledError:
                self._fail(batch, asyncio.CancelledError())
                raise
            except Exception as error:  # for those who wait: each of them raises it
                self._fail(batch, error)
            if not left_over and len(self._waiting) < self._expected():
                return

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
        except self._poison as error:
            if len(batch) == 1:
                _tell(batch[0][1], error)
                return
            for entry in batch:
                await self._settle([entry])
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        if len(self._waiting) == 1:
            batch, self._waiting = self._waiting, []
            return batch
        seen: set[Hashable] = set()
        count = 0
        for item, _ in self._waiting[:MOST]:
            identities = self._identities(item)
            if not seen.isdisjoint(identities):
                break
            seen.update(identities)
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _fail(self, batch: list[tuple[Item, asyncio.Future[Result]]], error: BaseException) -> None:
        """Nothing may overtake what failed: what waits behind it fails with it."""
        for _, future in [*batch, *self._waiting]:
            _tell(future, error)
        self._waiting.clear()


def _tell(future: asyncio.Future[Result], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
