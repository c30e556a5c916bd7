"""A pair's options: what they are called and which values they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from project.core.errors import InvalidInput


class Protected(StrEnum):
    """What becomes of content that its source forbids to copy."""

    SKIP = "skip"  # a visible note with a link stands in its place
    REUPLOAD = "reupload"  # text and files are sent anew, on an owner's word


@dataclass(frozen=True, slots=True)
class PairOptions:
    """The options with their defaults."""

    protected: Protected = Protected.SKIP


CHOICES: Mapping[str, tuple[str, ...]] = {"protected": tuple(Protected)}
FOR_OWNERS = frozenset({"protected"})  # what a person must answer for: only an owner sets it


def read_options(stored: Mapping[str, Any]) -> PairOptions:
    """The options of a pair's row. What is unknown, or of a later version, has no effect."""
    chosen = stored.get("protected")
    return PairOptions(Protected(chosen) if chosen in CHOICES["protected"] else Protected.SKIP)


def check_option(name: str, value: str) -> None:
    """Raises InvalidInput for an option or a value that does not exist."""
    if name not in CHOICES:
        raise InvalidInput(f"There is no option {name[:40]!r}.", hint=f"There are: {', '.join(sorted(CHOICES))}.")
    if value not in CHOICES[name]:
        raise InvalidInput(f"{name} cannot be {value[:40]!r}.", hint=f"It is {' or '.join(CHOICES[name])}.")
