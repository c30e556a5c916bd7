"""Two nodes under load: each is restarted in turn, and the clock is set by hours meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BASE = Path(__file__).resolve().parents[3]
DRAIN = 30.0  # seconds; 10 are promised, on a machine that does nothing else

pytestmark = pytest.mark.timeout(280)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rolling")
    report = folder / "report.json"
    argv = [sys.executable, "-m", "tests.integration.outside.rolling", "--report", str(report), "--keep", str(folder)]
    ended = subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=260, check=False)
    assert report.exists(), ended.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def test_nothing_is_lost_doubled_or_swapped(figures: dict[str, Any]) -> None:
    assert figures["findings"] == []
    assert (figures["lost"], figures["duplicated"], figures["out_of_order"], figures["unknown_methods"]) == (0, 0, 0, 0)
    assert (figures["edits_synced"], figures["deletes_synced"]) == (figures["edits"], figures["deletes"])
    assert figures["sent"] >= 50


def test_no_key_ever_has_two_owners(figures: dict[str, Any]) -> None:
    assert figures["concurrent_owners"] == 1


def test_a_node_drains_in_time_and_comes_back(figures: dict[str, Any]) -> None:
    assert len(figures["drains"]) == 2
    assert max(figures["drains"]) < DRAIN
    assert figures["ended"] == []


def test_a_clock_that_is_set_disturbs_no_owner(figures: dict[str, Any]) -> None:
    before, after = figures["clock"]["before"], figures["clock"]["after"]
    assert before == after
    assert len(before["pids"]) >= 2
