"""What this host and its workers use. Read in a thread: it takes about a millisecond per worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil


def available_memory() -> int:
    """Bytes that programs can have on this host without swapping."""
    return int(psutil.virtual_memory().available)


@dataclass(frozen=True, slots=True)
class HostFigures:
    """Sizes in bytes, the disk being that of VAR_DIR; `cpu_percent` of all processors together."""

    memory_total: int
    memory_free: int
    disk_total: int
    disk_free: int
    cpu_percent: float

    @property
    def load_percent(self) -> float:
        """Of what is used most, memory or processors."""
        return max(self.cpu_percent, 100 * (1 - self.memory_free / max(self.memory_total, 1)))


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """`memory` is what the process does not share with others, `resident` all of it, in bytes; `cpu_percent` of one
    processor."""

    account: str
    pid: int
    memory: int
    resident: int
    cpu_percent: float


class Gauge:
    """Percentages are of the time since the last reading; 0 in the first."""

    def __init__(self, var_dir: Path) -> None:
        self._var_dir = var_dir
        self._processes: dict[int, psutil.Process] = {}
        self._cpu = psutil.cpu_times()

    def host(self) -> HostFigures:
        """This host now."""
        memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(self._var_dir))
        return HostFigures(memory.total, memory.available, disk.total, disk.free, self._busy())

    def workers(self, pids: Mapping[str, int]) -> list[WorkerFigures]:
        """The processes of these accounts, without those that have ended."""
        self._processes = {pid: process for pid, process in self._processes.items() if pid in pids.values()}
        read = (self._worker(account, pid) for account, pid in pids.items())
        return [figures for figures in read if figures is not None]

    def _worker(self, account: str, pid: int) -> WorkerFigures | None:
        try:
            process = self._processes.setdefault(pid, psutil.Process(pid))
            memory = process.memory_full_info()
            return WorkerFigures(account, pid, memory.uss, memory.rss, process.cpu_percent())
        except psutil.Error:
            self._processes.pop(pid, None)
            return None

    def _busy(self) -> float:
        before, self._cpu = self._cpu, psutil.cpu_times()
        total = sum(self._cpu) - sum(before)
        idle = self._cpu.idle + self._cpu.iowait - before.idle - before.iowait
        return round(100 * max(0.0, total - idle) / total, 1) if total > 0 else 0.0
