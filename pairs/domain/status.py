"""What a pair's status is to be, from its session's health and from what its source lets the session read. Pure.

People pause, resume and remove; hops stop a pair in `error`. Everything else here is the system's, and taken back when
its cause is over, never what a person did.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SOURCE_ACCESS = "SOURCE_ACCESS"
"""Our code of the error that stops a pair whose session cannot read its source."""


class PairStatus(StrEnum):
    """Design §7 says who sets each. PAUSED, DISABLED and PARKED journal nothing and keep the cursor."""

    ACTIVE = "active"
    PAUSED = "paused"
    DEGRADED = "degraded"
    DISABLED = "disabled"
    PARKED = "parked"
    ERROR = "error"
    REMOVED = "removed"


class Reader(StrEnum):
    """The session that reads the pair's source, or is about to take it over.

    WELL works. STRAINED is unhealthy: still trying. OUT is expired, unauthorized or disabled. UNSEEN was never logged
    in. NONE: the pair has no session.
    """

    WELL = "well"
    STRAINED = "strained"
    OUT = "out"
    UNSEEN = "unseen"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """A pair's status with what explains it. `before` and `reason_before` are kept while it is parked."""

    status: PairStatus
    reason: str = ""
    code: str = ""
    before: str = ""
    reason_before: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status depends on. `lost`: the reader was refused at the source; `reached`: it read there since.
    `explanation`: why the reader is not well, for people."""

    reader: Reader
    lost: bool = False
    reached: bool = False
    explanation: str = ""


_RUNNING = frozenset({PairStatus.ACTIVE, PairStatus.DEGRADED, PairStatus.DISABLED})


def next_standing(now: Standing, facts: Facts) -> Standing:
    """What the pair is to be; `now` itself when nothing has to change."""
    if now.status in (PairStatus.PAUSED, PairStatus.REMOVED):
        return now
    if now.status is PairStatus.PARKED:
        return now if facts.reader is Reader.NONE else unparked(now)
    if now.status is PairStatus.ERROR:
        back = now.code == SOURCE_ACCESS and facts.reached and facts.reader is Reader.WELL
        return Standing(PairStatus.ACTIVE) if back else now
    return _running(now, facts)


def parked(now: Standing, reason: str) -> Standing:
    """A pair that has lost its session. What it was comes back with the next one."""
    if now.status in (PairStatus.PARKED, PairStatus.REMOVED):
        return now
    if now.status in _RUNNING:
        return Standing(PairStatus.PARKED, reason)
    return Standing(PairStatus.PARKED, reason, now.code, now.status.value, now.reason)


def unparked(now: Standing) -> Standing:
    """What a parked pair is again when a session takes it: paused if a person had paused it."""
    if not now.before:
        return Standing(PairStatus.ACTIVE)
    return Standing(PairStatus(now.before), now.reason_before, now.code)


def _running(now: Standing, facts: Facts) -> Standing:
    if facts.reader is Reader.OUT:
        wanted = Standing(PairStatus.DISABLED, facts.explanation)
    elif facts.reader is Reader.STRAINED:
        wanted = Standing(PairStatus.DEGRADED, facts.explanation)
    elif facts.reader is Reader.WELL and facts.lost:
        wanted = Standing(PairStatus.ERROR, "Its session cannot read the source any more.", SOURCE_ACCESS)
    elif facts.reader is Reader.WELL:
        wanted = Standing(PairStatus.ACTIVE)
    else:
        return now
    return now if wanted.status is now.status else wanted
