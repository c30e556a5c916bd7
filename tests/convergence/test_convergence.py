"""The short form: twelve scripts in twelve pairs, with everything that goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]


def test_every_chat_holds_in_the_end_what_it_should(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = {"--sessions": "3", "--pairs": "4", "--scripts": "12", "--seed": "1", "--report": str(report)}
    argv = [sys.executable, "-m", "tests.convergence", *(word for pair in options.items() for word in pair)]
    ended = subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=380, check=False)
    assert report.exists(), ended.stderr
    figures = json.loads(report.read_text())
    assert figures["differences"] == []
    assert (figures["scripts"], figures["unknown_methods"], figures["concurrent_owners"]) == (12, 0, 1)
    assert sum(figures["acts"].values()) > 140
    assert sum(figures["swallowed"].values()) > 10
    assert ended.returncode == 0
