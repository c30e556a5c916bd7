"""Beat, Redis and control each stand still for an hour, shortened by settings: no session changes, one notice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BASE = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("standstill")
    report = folder / "report.json"
    argv = [
        sys.executable,
        "-m",
        "tests.integration.outside.standstill",
        "--report",
        str(report),
        "--keep",
        str(folder),
    ]
    ended = subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=380, check=False)
    assert report.exists(), ended.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    return found


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("beat", "Beat does not run"),
        ("redis", "the broker (Redis) takes no commands"),
        ("control", "control does not run"),
    ],
)
def test_no_session_changes_one_notice_comes_and_doctor_names_it(
    figures: dict[str, Any], what: str, named: str
) -> None:
    seen = figures["phases"][what]
    assert seen["flips"] == 0, seen
    assert set(seen["healths"]) == {"healthy"}
    (text,) = seen["notices"]
    assert named in text
    assert seen["told_after"] > 0
    assert seen["doctor"]
    assert all(named in line for line in seen["doctor"]), seen["doctor"]
    assert seen["arrived"]


def test_checks_are_made_by_a_node_whose_clock_is_ahead_and_one_notice_says_so(figures: dict[str, Any]) -> None:
    """B17. The run began with a check of each session, which the schedule asked for."""
    (text,) = figures["clocks"]
    assert "node node1: 1" in text
    assert "ahead of the database" in text
    assert figures["ended"] == []
