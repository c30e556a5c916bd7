"""The page of results, with a plot; generated from a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_page(report: Mapping[str, object], folder: Path) -> None:
    """Placeholder."""
