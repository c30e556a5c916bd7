"""Hurting the embedded servers of an installation: their keeper starts again whatever died."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from project.embedded.files import locked
from project.embedded.layout import Layout
from project.embedded.remains import processes_in

_LOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """The PostgreSQL and Redis below one var directory."""

    layout: Layout

    def redis(self) -> list[int]:
        """The process of Redis."""
        return processes_in(self.layout.redis_data)

    def postgres(self) -> list[int]:
        """PostgreSQL's processes."""
        return processes_in(self.layout.postgres_data)

    def kill_redis(self) -> None:
        """kill -9; it is up again within a second."""
        _signal(self.redis(), signal.SIGKILL)

    def restart_postgres(self) -> None:
        """An immediate shutdown: no checkpoint, every connection cut; it is up again after its recovery."""
        postmaster = (self.layout.postgres_data / "postmaster.pid").read_text().split("\n", 1)[0]
        os.kill(int(postmaster), signal.SIGQUIT)

    async def hold_redis_down(self, seconds: float) -> None:
        """kill -9, and nobody starts it for that long: its keeper waits for a lock that we hold. A PostgreSQL that
        dies meanwhile has to wait as well."""
        async with _held(self.layout.lock):
            self.kill_redis()
            await asyncio.sleep(seconds)

    async def freeze(self, pids: Iterable[int], seconds: float) -> None:
        """SIGSTOP, and SIGCONT after that long."""
        frozen = list(pids)
        _signal(frozen, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            _signal(frozen, signal.SIGCONT)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@asynccontextmanager
async def _held(lock: Path) -> AsyncIterator[None]:
    holding = locked(lock, seconds=_LOCK_SECONDS)
    await asyncio.to_thread(holding.__enter__)
    try:
        yield
    finally:
        holding.__exit__(None, None, None)
