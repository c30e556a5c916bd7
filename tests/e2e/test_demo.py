"""The README's first command, as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.processes import remaining, wait_gone

BASE = Path(__file__).resolve().parents[2]
MESSAGES = 120

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@contextmanager
def demo(var: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running demo; nothing of it is left afterwards, however the test ends."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    argv = [sys.executable, str(BASE / "manage.py"), "demo", *arguments]
    process = subprocess.Popen(
        argv, cwd=BASE, env={**kept, "VAR_DIR": str(var)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        wait_gone(str(var))


def wait_for_line(process: subprocess.Popen[str], text: str, limit: float = 120.0) -> str:
    """Reads the output up to a line that contains `text`."""
    assert process.stdout is not None
    deadline, seen = time.monotonic() + limit, []
    for line in process.stdout:
        seen.append(line)
        if text in line:
            return line
        assert time.monotonic() < deadline, "".join(seen)
    raise AssertionError(f"{text!r} never came:\n{''.join(seen)}")


@pytest.mark.sentence("S-01", "S-02", "S-117")
def test_after_a_kill_it_starts_again_and_every_message_arrives_once(tmp_path: Path) -> None:
    with demo(tmp_path, "--messages", "20") as process:
        wait_for_line(process, "delivered")
        assert remaining(str(tmp_path))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert wait_gone(str(tmp_path)) == []

    report = tmp_path / "report.json"
    with demo(tmp_path, "--messages", str(MESSAGES), "--exit", "--report", str(report)) as process:
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    figures = json.loads(report.read_text())
    assert figures["profile"] == "real"
    assert (figures["sessions"], figures["pairs"]) == (3, 8)
    assert figures["sent"] == figures["delivered_discord"] == MESSAGES
    assert figures["from_discord"] >= 10
    assert figures["delivered_destination"] == figures["sent"] + figures["from_discord"]
    assert (figures["lost"], figures["duplicated"], figures["out_of_order"]) == (0, 0, 0)
    assert figures["unknown_methods"] == 0
    assert figures["concurrent_owners"] == 1
    for what, followed in (("edits", "edits_synced"), ("deletes", "deletes_synced"), ("replies", "replies_linked")):
        assert figures[what] == figures[followed] >= 8
    dialogue = figures["dialogue"]
    assert all(dialogue[step] for step in ("registered", "authenticated", "status", "reassigned"))
    assert dialogue["arrived_afterwards"] == 1
    assert "/changesession dan" in output
    assert wait_gone(str(tmp_path)) == []
