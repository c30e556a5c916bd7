"""The page about ownership: every interleaving has tests, and they exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_failures import FILE, NAME, ROOT, functions

PAGE = ROOT / "docs" / "explanation" / "ownership.md"


def rows() -> dict[str, str]:
    """Order of events to what stands in the last column."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {order: tests for order, _, tests in cells}


@pytest.mark.parametrize("order", rows())
def test_every_interleaving_has_tests_that_exist(order: str) -> None:
    cell = rows()[order]
    found = [(target, name) for _, target, names in FILE.findall(cell) for name in NAME.findall(names)]
    assert len(found) == len(NAME.findall(cell)) > 0
    missing = [name for target, name in found if name not in functions((PAGE.parent / target).resolve())]
    assert missing == []
    assert all(Path(target).name == shown for shown, target, _ in FILE.findall(cell))


def test_every_forced_race_stands_on_the_page() -> None:
    here = (ROOT / "tests" / "integration" / "races").glob("test_*.py")
    assert [path.name for path in here if f"[{path.name}]" not in PAGE.read_text()] == []
