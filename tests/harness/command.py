"""What the long runs have in common as programs: an installation of their own, and a report in JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.harness.environment import enter

Report = dict[str, object]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where the report and the data go."""
    parser.add_argument("--report", help="file for the JSON, which is printed too")
    parser.add_argument("--keep", help="empty directory for the installation's data and logs, which stay there")


def report(asked: argparse.Namespace, run: Callable[[argparse.Namespace], Report], **env: str) -> Report:
    """Runs in a directory of its own, with these settings, and writes what came of it."""
    with ExitStack() as stack:
        var = asked.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-run-"))
        enter(Path(var), **env)
        found = run(asked)
    line = json.dumps(found, indent=2)
    if asked.report:
        Path(asked.report).write_text(line + "\n")
    sys.stdout.write(line + "\n")
    return found


def say(what: str) -> None:
    """How far the run is, with the time."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")
