"""On PYTHONPATH: the wall clock of this process is off by as many seconds as the file named by CLOCK_STEP_FILE says."""

from __future__ import annotations

import os
import time
from pathlib import Path

_LOOK = 0.05  # seconds of the monotonic clock between two looks at the file


def _step(file: Path) -> None:
    wall, steady = time.time, time.monotonic
    seen = [-1.0, 0.0]  # when it was looked at, and what it said

    def stepped() -> float:
        now = steady()
        if now - seen[0] > _LOOK:
            seen[:] = [now, float(file.read_text() or 0)]
        return wall() + seen[1]

    time.time = stepped
    time.time_ns = lambda: int(stepped() * 1e9)


if "CLOCK_STEP_FILE" in os.environ:
    _step(Path(os.environ["CLOCK_STEP_FILE"]))
