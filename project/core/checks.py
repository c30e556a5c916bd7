"""The result of looking whether one thing is as it should be, told to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """WARNING: it works, but something is missing or will fail later. FAILED: it does not work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """`what` was looked at, what was seen (`text`, one sentence), and what to do about it (`todo`, when not ok)."""

    what: str
    level: Level
    text: str
    todo: str = ""


def ok(what: str, text: str) -> Check:
    """All is well."""
    return Check(what, Level.OK, text)


def warning(what: str, text: str, todo: str = "") -> Check:
    """It works, with a reservation."""
    return Check(what, Level.WARNING, text, todo)


def failed(what: str, text: str, todo: str = "") -> Check:
    """It does not work."""
    return Check(what, Level.FAILED, text, todo)


def any_failed(checks: Iterable[Check]) -> bool:
    """Whether at least one failed."""
    return any(check.level is Level.FAILED for check in checks)
