"""Tests run in a copy of the checkout, and what became of each."""

from __future__ import annotations

import compileall
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

from tests.e2e.processes import remaining

WAIT = 15.0  # seconds that acceptance tests wait in vain
_LOOK = 0.2
_TOLD = 200  # characters of why a test failed


class End(StrEnum):
    """How a test ended. ERROR: it never came to its own lines, so it shows nothing; LOST: there is no result."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    LOST = "lost"


@dataclass(frozen=True, slots=True, order=True)
class Marked:
    """A test function with all its parameters."""

    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.path}::{self.name}"


@dataclass(frozen=True, slots=True)
class Ending:
    """`told` is the first line of what a test that failed said."""

    end: End
    told: str = ""


def snapshot(source: Path, copy: Path) -> None:
    """The files that git knows, as they are now, and compiled, so that no copy of the copy has to do it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=source, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (source / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, copy / name)
    compileall.compile_dir(copy, quiet=1)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards; what was killed may have been writing into it until now."""
    with tempfile.TemporaryDirectory(prefix="off-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def copied(base: Path) -> Iterator[Path]:
    """A copy of a copy, with what was compiled there; gone afterwards."""
    with scratch() as folder:
        yield shutil.copytree(base, folder / "c")


@dataclass(frozen=True, slots=True)
class Terms:
    """How tests are run: acceptance tests wait `wait` seconds for anything, all of a run together have `limit`; none
    goes on once `stopped`."""

    stopped: threading.Event
    wait: float = WAIT
    limit: float = 900.0


def run(checkout: Path, tests: Collection[Marked], terms: Terms) -> Mapping[Marked, Ending]:
    """Runs these tests there; nothing of it is left afterwards."""
    with scratch() as temp:
        seen = temp / "seen.xml"
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
        argv += [f"--junitxml={seen}", *map(str, sorted(tests))]
        env = {name: text for name, text in os.environ.items() if not name.startswith(("RELAY_", "PYTEST_"))}
        env |= {"TMPDIR": str(temp), "ACCEPTANCE_LIMIT": str(terms.wait), "PYTHONDONTWRITEBYTECODE": ""}
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(argv, cwd=checkout, env=env, stdout=quiet, stderr=quiet, start_new_session=True)
        try:
            until = time.monotonic() + terms.limit
            while process.poll() is None and time.monotonic() < until and not terms.stopped.wait(_LOOK):
                continue
        finally:
            _end(process, str(temp))
        found = _read(seen) if seen.exists() else {}
    return {test: found.get(test, Ending(End.LOST)) for test in tests}


def _end(process: subprocess.Popen[bytes], marker: str) -> None:
    """The run and whatever it started: all of it has the marker in its environment."""
    process.kill()
    process.wait()
    for line in remaining(marker):
        try:
            os.kill(int(line.partition(" ")[0]), signal.SIGKILL)
        except ProcessLookupError:
            continue
    for _ in range(5):
        if not remaining(marker):
            return
        time.sleep(1)


def _read(file: Path) -> dict[Marked, Ending]:
    """By test: failed when one of its parameters failed."""
    found: dict[Marked, Ending] = {}
    for case in ElementTree.parse(file).iter("testcase"):
        test = Marked(case.get("file", ""), case.get("name", "").partition("[")[0])
        ending = _ending(case)
        if test not in found or ending.end is End.FAILED or found[test].end is End.PASSED:
            found[test] = ending
    return found


def _ending(case: ElementTree.Element) -> Ending:
    for tag, end in (("failure", End.FAILED), ("error", End.ERROR)):
        if (what := case.find(tag)) is not None:
            return Ending(end, (what.get("message") or "").strip().replace("\n", " ")[:_TOLD])
    return Ending(End.PASSED)
