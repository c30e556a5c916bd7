"""How long bulk work will still take."""

from __future__ import annotations

import pytest

from project.core.operations import eta


@pytest.mark.parametrize(
    ("total", "done", "elapsed", "left"),
    [(30, 0, 5.0, None), (30, 10, 5.0, 10.0), (30, 30, 5.0, 0.0), (30, 31, 5.0, 0.0), (0, 0, 0.0, None)],
)
def test_the_rest_goes_at_the_pace_so_far(total: int, done: int, elapsed: float, left: float | None) -> None:
    assert eta(total=total, done=done, elapsed=elapsed) == left
