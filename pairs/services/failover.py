"""A dead session's pairs go to the best sessions that can read their sources, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moved:
    """A pair that another session is to have; the hand-over is on its way. Sessions by name."""

    pair_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Left:
    """A pair without a stand-in, and why."""

    pair_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class FailOverReport:
    """What became of each pair. `operation_id` is the way back, None when nothing moved."""

    session: str
    moved: tuple[Moved, ...]
    left: tuple[Left, ...]
    operation_id: int | None
