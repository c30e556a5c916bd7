"""Server programs that came as wheels, found without importing the packages around them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def package_directory(name: str) -> Path | None:
    """Where the installed package `name` lies; None when it is not installed."""
    spec = find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None
