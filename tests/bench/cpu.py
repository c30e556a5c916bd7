"""CPU time and memory of groups of processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType

import psutil

Gone = (psutil.NoSuchProcess, psutil.ZombieProcess)
MIB = 2**20


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants."""
    with suppress(*Gone):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def of_pids(pids: Iterable[int]) -> list[psutil.Process]:
    """Those that still run."""
    found = []
    for pid in pids:
        with suppress(*Gone):
            found.append(psutil.Process(pid))
    return found


def used(processes: Iterable[psutil.Process]) -> dict[int, float]:
    """Seconds of CPU, user and system, of each process so far."""
    seconds = {}
    for process in processes:
        with suppress(*Gone):
            times = process.cpu_times()
            seconds[process.pid] = times.user + times.system
    return seconds


def since(before: dict[int, float], processes: Iterable[psutil.Process]) -> float:
    """Seconds that these processes have used since; one that is new counts whole."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in used(processes).items())


def private_mib(processes: Iterable[psutil.Process]) -> list[float]:
    """Memory that belongs to each process alone (USS)."""
    found = []
    for process in processes:
        with suppress(*Gone):
            found.append(process.memory_full_info().uss / MIB)
    return found


class PeakMemory:
    """`with PeakMemory(processes) as peak: ...; peak.growth` is the largest growth of their resident memory in MiB."""

    def __init__(self, processes: Iterable[psutil.Process], every: float = 0.05) -> None:
        self._processes = list(processes)
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.growth = 0.0

    def __enter__(self) -> PeakMemory:
        self._before = self._now()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(self._every):
            self.growth = max(self.growth, self._now() - self._before)

    def _now(self) -> float:
        total = 0.0
        for process in self._processes:
            with suppress(*Gone):
                total += process.memory_info().rss / MIB
        return total


Processes = Callable[[], list[psutil.Process]]
