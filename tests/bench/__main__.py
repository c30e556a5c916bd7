"""`python -m tests.bench [--quick] [--only P1,P6] --report FILE [--page]`: what the product costs over a bare loop.

Each installation runs in a process of its own; a measure that fails says so in the report and hinders no other.
Exit code 1 when a gate was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tests.bench.figures import STAGES, SUITE, Measure, Result, report
from tests.bench.page import write_page
from tests.harness.environment import BASE

LIMIT = 3600.0  # seconds for one installation's measures


def main() -> int:
    """Runs what was asked for and reports."""
    asked = _arguments()
    wanted = _wanted(asked.only)
    machine = hardware()
    found: dict[str, dict[str, object]] = {}
    for stage in STAGES:
        of_stage = [measure for measure in wanted if measure.stage == stage]
        if of_stage:
            results = _run(stage, asked)
            found |= {measure.id: report(measure, results[measure.id]) for measure in of_stage}
            _tell(of_stage, found)
    told: dict[str, object] = {measure.id: found[measure.id] for measure in wanted}
    told |= {"profile": "off (P12: real)", "scale": _scale(asked), "hardware": machine}
    if asked.report:
        Path(asked.report).write_text(json.dumps(told, indent=2) + "\n")
    if asked.page:
        write_page(told, BASE / "docs" / "reference")
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0 if all(one["passed"] for one in found.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small and few: for a look, not for a report")
    parser.add_argument("--tiny", action="store_true", help="smaller still: only shows that it runs")
    parser.add_argument("--only", default="", help="P1,P6: these measures")
    parser.add_argument("--report", help="file for the JSON, which is printed too")
    parser.add_argument("--page", action="store_true", help="write docs/reference/bench-results.md and its plot")
    return parser.parse_args()


def _wanted(only: str) -> list[Measure]:
    ids = [name.strip().upper() for name in only.split(",") if name.strip()]
    unknown = set(ids) - {measure.id for measure in SUITE}
    if unknown:
        sys.exit(f"No measure is called {', '.join(sorted(unknown))}.")
    return [measure for measure in SUITE if not ids or measure.id in ids]


def _scale(asked: argparse.Namespace) -> str:
    return "tiny" if asked.tiny else "quick" if asked.quick else "full"


def _run(stage: str, asked: argparse.Namespace) -> dict[str, Result]:
    """One installation's measures, in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as var:
        out = Path(var) / "results.json"
        argv = [sys.executable, "-m", "tests.bench.run", stage, "--var", var, "--out", str(out)]
        argv += ["--scale", _scale(asked)]
        began = time.monotonic()
        ended = subprocess.run(argv, cwd=BASE, stderr=subprocess.PIPE, text=True, timeout=LIMIT, check=False)
        sys.stderr.write(f"{stage}: {time.monotonic() - began:.0f} s\n")
        if out.exists():
            return {name: Result(**told) for name, told in json.loads(out.read_text()).items()}
    sys.stderr.write(ended.stderr[-4000:])
    why = ended.stderr.strip().rpartition("\n")[2] or f"exit code {ended.returncode}"
    return {measure.id: Result(failure=why) for measure in SUITE if measure.stage == stage}


def _tell(measures: Sequence[Measure], found: Mapping[str, object]) -> None:
    for measure in measures:
        sys.stderr.write(f"{measure.id} {json.dumps(found[measure.id])}\n")


def hardware() -> dict[str, object]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": model[0] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "load_before": [round(load, 1) for load in os.getloadavg()],
    }


if __name__ == "__main__":
    sys.exit(main())
