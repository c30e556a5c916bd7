"""The bench runs, its figures are judged by the gates, and the page says what the report says. Speed is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.figures import SUITE, Check, Result, Run, interleaved, report
from tests.bench.measures import optimum
from tests.bench.page import page, plot, share

BASE = Path(__file__).resolve().parents[2]
P1 = SUITE[0]


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_a_tiny_burst_gives_a_ratio(tmp_path: Path) -> None:
    """Both sides relay everything, each message once and in order, or there would be no figures."""
    out = tmp_path / "report.json"
    argv = [sys.executable, "-m", "tests.bench", "--tiny", "--only", "P1", "--report", str(out)]
    ended = subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=220, check=False)
    assert out.exists(), ended.stderr
    told = json.loads(out.read_text())["P1"]
    assert "failure" not in told, ended.stderr
    assert told["ratio"] > 0
    assert told["floor_ms"] > 0
    assert told["ours_ms"] > 0
    assert told["out_of_order"] == 0


def test_an_unknown_measure_is_refused() -> None:
    argv = [sys.executable, "-m", "tests.bench", "--only", "P99"]
    ended = subprocess.run(argv, cwd=BASE, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "P99" in ended.stderr


@pytest.mark.parametrize(
    ("ratio", "out_of_order", "passed", "on_target"),
    [(1.2, 0, True, True), (1.5, 0, True, False), (1.61, 0, False, False), (1.2, 1, False, False)],
)
def test_gates_judge_figures(ratio: float, out_of_order: int, passed: bool, on_target: bool) -> None:
    told = report(P1, Result({"ratio": ratio, "out_of_order": out_of_order, "spread": 0.1}))
    assert (told["passed"], told["on_target"]) == (passed, on_target)


def test_a_measure_that_could_not_be_taken_says_why() -> None:
    told = report(P1, Result(failure="no such luck"))
    assert told["passed"] is False
    assert told["failure"] == "no such luck"


def test_an_uneven_floor_is_tried_again_and_named() -> None:
    floors = iter([1.0, 2.0, 1.0, 1.1])
    run = interleaved(lambda: next(floors), lambda: 3.0, lambda value: value, repetitions=2, tries=3)
    assert (run.discarded, run.floor) == (1, (1.0, 1.1))
    uneven = interleaved(iter([1.0, 2.0] * 2).__next__, lambda: 3.0, lambda value: value, repetitions=2, tries=2)
    told = report(P1, Result({"ratio": 1.0, "out_of_order": 0, "spread": uneven.spread}))
    assert told["uneven_floor"] is True


def test_ratios_are_of_medians() -> None:
    run = Run((1.0, 2.0, 9.0), (3.0, 4.0, 50.0), 0.0, 0)
    assert run.ratio(lambda value: value) == 2.0


@pytest.mark.parametrize(("count", "seconds"), [(1, 0), (5, 0), (6, 2), (30, 10), (31, 60), (90, 130)])
def test_the_optimum_under_discords_limits(count: int, seconds: float) -> None:
    """5 in 2 s, 30 in 60 s."""
    assert optimum(count) == seconds


def test_a_share_above_one_is_a_missed_gate_whichever_way_is_better() -> None:
    most, least = Check("ratio", 1.25, 1.6), Check("ratio", 0.8, 0.6, least=True)
    assert share(most, 1.6) == share(least, 0.6) == 1
    assert share(most, 1.7) > 1 < share(least, 0.5)


def test_the_page_shows_every_measure_and_its_failures() -> None:
    told: dict[str, object] = {"hardware": {"cpu": "x", "cores": 2, "memory_gib": 4, "python": "3", "load_before": [1]}}
    told |= {"profile": "off", "scale": "tiny", "P1": report(P1, Result({"ratio": 2.5, "out_of_order": 0}))}
    told["P9"] = report(next(m for m in SUITE if m.id == "P9"), Result(failure="the floor did not start"))
    text = page(told)
    assert "| P1 |" in text
    assert "**no**" in text
    assert "the floor did not start" in text
    assert "P1 ratio" in plot(told)
