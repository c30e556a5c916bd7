"""The short form: six sessions on two nodes, hurt for ten seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(280)]


def test_nothing_is_lost_doubled_or_swapped_whatever_dies(tmp_path: Path) -> None:
    report, var = tmp_path / "report.json", tmp_path / "var"
    options = {"--sessions": "6", "--seconds": "10", "--seed": "1", "--report": str(report), "--keep": str(var)}
    argv = [sys.executable, "-m", "tests.chaos", "--short-leases", *(word for pair in options.items() for word in pair)]
    ended = subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=260, check=False)
    assert report.exists(), ended.stderr
    figures = json.loads(report.read_text())
    kept = ("findings", "lost", "duplicated", "out_of_order", "unknown_methods", "unasked_restarts")
    assert [figures[name] for name in kept] == [[], 0, 0, 0, 0, {}]
    assert figures["concurrent_owners"] == 1
    assert figures["profile"] == "real"
    assert figures["sent"] >= 50
    assert figures["kills"] >= 2
    assert figures["moves"] >= 1
    assert figures["outages"] == 3
    assert (figures["edits_synced"], figures["deletes_synced"]) == (figures["edits"], figures["deletes"])
    assert ended.returncode == 0
