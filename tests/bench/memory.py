"""Private memory of idle session workers: `python -m tests.bench.memory --sessions 50`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.harness.environment import enter

SETTLE = 10.0  # seconds after the last login


def main() -> None:
    """Prints one JSON object; MiB of memory that belongs to a worker alone (USS)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=50)
    sessions = parser.parse_args().sessions
    with tempfile.TemporaryDirectory(prefix="relay-memory-") as var:
        enter(Path(var))
        sys.stdout.write(json.dumps(measure(sessions)) + "\n")


def measure(sessions: int) -> dict[str, float]:
    """Logs `sessions` accounts in on one node, lets them idle, and weighs their workers."""
    from tests.harness.installation import Installation
    from tests.harness.rows import log_in_all

    with Installation(profile="real", nodes=1) as here:
        world = here.populate(sessions, 0)
        here.start_services()
        began = time.monotonic()
        log_in_all(world, here.control_url)
        took = time.monotonic() - began
        time.sleep(SETTLE)
        weights = [process.memory_full_info().uss / 2**20 for process in here.workers()]
        loaded = [_imports(process) for process in here.workers()]
    return {
        "sessions": len(weights),
        "login_seconds": round(took, 1),
        "uss_median_mib": round(statistics.median(weights), 1),
        "uss_max_mib": round(max(weights), 1),
        "with_aiogram": sum("aiogram" in found for found in loaded),
    }


def _imports(process: psutil.Process) -> str:
    """Files mapped into the process: compiled parts of what it imported."""
    return " ".join(mapping.path for mapping in process.memory_maps())


if __name__ == "__main__":
    main()
