"""What is looked at while the load goes on."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from django.db import connection

from tests.harness.installation import Installation

MIB = 2**20
JOURNAL = ("pairs_event", "pairs_delivery", "pairs_pair", "pairs_inbox")
_SIZES = "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t"
_ROWS = (
    "SELECT sum(n_live_tup), sum(n_dead_tup), sum(autovacuum_count) FROM pg_stat_user_tables WHERE relname = ANY(%s)"
)
# Of other roles' connections an ordinary role sees the name and no kind; autovacuum has no name.
_CONNECTIONS = "SELECT count(usename) FROM pg_stat_activity WHERE datname = current_database()"

Points = list[tuple[float, float]]


@dataclass
class Samples:
    """Series by process, in MiB or counts. `pids` shows who was started anew."""

    uss: dict[str, Points] = field(default_factory=lambda: defaultdict(list))
    rss: dict[str, Points] = field(default_factory=lambda: defaultdict(list))
    fds: dict[str, Points] = field(default_factory=lambda: defaultdict(list))
    connections: Points = field(default_factory=list)
    journal_mib: Points = field(default_factory=list)
    pids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self, here: Installation, at: float) -> None:
        """One look at everything, `at` seconds after the load began."""
        for name, process in processes(here).items():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                memory = process.memory_full_info()
                self.uss[name].append((at, memory.uss / MIB))
                self.rss[name].append((at, memory.rss / MIB))
                self.fds[name].append((at, process.num_fds()))
                self.pids[name].add(process.pid)
        self.connections.append((at, _number(_CONNECTIONS)))
        self.journal_mib.append((at, _number(_SIZES, list(JOURNAL)) / MIB))


def processes(here: Installation) -> Mapping[str, psutil.Process]:
    """Account workers by account; supervisor, zygote, listener, beat, control and its child that does the tasks."""
    found = here.workers_by_account()
    supervisor = psutil.Process(here.pid("node1"))
    found |= {"supervisor": supervisor, "zygote": supervisor.children()[0]}
    found |= {name: psutil.Process(here.pid(name)) for name in ("discord", "control", "beat")}
    tasks = found["control"].children()
    return found | ({"tasks": tasks[0]} if tasks else {})


def rows() -> tuple[int, int, int]:
    """Live and dead rows of the journal as PostgreSQL estimates them, and how often it was vacuumed by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(JOURNAL)])
        live, dead, vacuums = cursor.fetchone()
    return int(live), int(dead), int(vacuums)


def _number(statement: str, *values: object) -> float:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return float(cursor.fetchone()[0])


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def read(self) -> float:
        """Now."""
        return time.monotonic() - self._began
