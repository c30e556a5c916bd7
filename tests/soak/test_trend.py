"""The judgement of a soak can fail."""

from __future__ import annotations

from random import Random

import pytest

from tests.soak.trend import count_grows, memory_grows, trend


def series(per_hour: float, *, minutes: float = 22.0, noise: float = 0.0) -> list[tuple[float, float]]:
    rng = Random(1)
    return [(at, 25.0 + per_hour * at / 3600 + rng.uniform(-noise, noise)) for at in range(0, int(minutes * 60), 5)]


@pytest.mark.parametrize(("per_hour", "grows"), [(0.0, False), (0.9, False), (2.0, True), (60.0, True), (-5.0, False)])
def test_steady_growth_is_seen_in_noise(per_hour: float, grows: bool) -> None:
    found = trend(series(per_hour, noise=0.3))
    assert found.per_hour == pytest.approx(per_hour, abs=0.3)
    assert memory_grows(found, found) is grows


def test_single_peaks_and_a_short_run_are_no_growth() -> None:
    points = series(0.0)
    points[100:105] = [(at, 200.0) for at, _ in points[100:105]]
    peaks, short = trend(points), trend(series(6.0, minutes=3.0))
    assert not memory_grows(peaks, peaks)
    assert not memory_grows(short, short)


def test_shared_pages_that_a_process_makes_its_own_are_no_leak() -> None:
    grows, stays = trend(series(6.0)), trend(series(0.0))
    assert memory_grows(grows, grows)
    assert not memory_grows(grows, stays)
    assert not memory_grows(stays, grows)


def test_descriptors_that_come_and_go_are_no_leak() -> None:
    assert not count_grows(trend([(at, 20.0 + at % 3) for at in range(100)]))
    assert count_grows(trend([(at, 20.0 + at / 10) for at in range(100)]))


def test_one_sample_has_no_trend() -> None:
    with pytest.raises(ValueError, match="too short"):
        trend([(0.0, 1.0)])
