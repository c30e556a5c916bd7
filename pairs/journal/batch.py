"""Group commit: what arrives while a statement is under way shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 200  # items of one statement


class Batcher(Generic[Item, Result]):
    """Collects items and hands them to `flush` in order, one flush at a time.

    Two items with the same `identity` never share a flush: the second may depend on the first being committed. When a
    flush raises `poison`, its items are tried one by one, so that one that the database does not take fails alone.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        identity: Callable[[Item], Hashable],
        poison: tuple[type[Exception], ...] = (),
    ) -> None:
        self._flush = flush
        self._identity = identity
        self._poison = poison
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Result:
        """The result for one item, once it is committed."""
        return (await self.add_all([item]))[0]

    async def add_all(self, items: Sequence[Item]) -> list[Result]:
        """The results for several items, in order, once all are committed."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Result]] = [loop.create_future() for _ in items]
        self._waiting.extend(zip(items, futures, strict=True))
        if self._runner is None or self._runner.done():
            self._runner = loop.create_task(self._run())
        return list(await asyncio.gather(*futures))

    async def _run(self) -> None:
        while self._waiting:
            batch = self._take()
            try:
                await self._settle(batch)
            except asyncio.CancelledError:
                self._fail(batch, asyncio.CancelledError())
                raise
            except Exception as error:  # for those who wait: each of them raises it
                self._fail(batch, error)

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
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        seen: set[Hashable] = set()
        for entry in self._waiting[:MOST]:
            identity = self._identity(entry[0])
            if identity in seen:
                break
            seen.add(identity)
            batch.append(entry)
        del self._waiting[: len(batch)]
        return batch

    def _fail(self, batch: list[tuple[Item, asyncio.Future[Result]]], error: BaseException) -> None:
        """Nothing may overtake what failed: what waits behind it fails with it."""
        for _, future in [*batch, *self._waiting]:
            _tell(future, error)
        self._waiting.clear()


def _tell(future: asyncio.Future[Result], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
