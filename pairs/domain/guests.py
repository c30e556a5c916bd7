"""What people are told of a pair whose session reads a public source without being a member of it. Pure."""

from __future__ import annotations

from math import inf

from pairs.domain.pace import Pace
from project.telegram.governor import FRESH, least_poll

SHORT = "not a member of the source"


def late_note(pace: Pace) -> str:
    """A clause with how late posts may come, in seconds: while the source is fresh; in the days in which an account is
    asked little of; after hours of silence."""
    fresh, early, quiet = (
        pace.of_guest(silence, least_poll(age=age)) for silence, age in ((0.0, FRESH), (0.0, 0.0), (inf, FRESH))
    )
    days = FRESH / 86_400
    return (
        f"{SHORT}: posts may come up to {fresh:.0f} s late ({early:.0f} s in the first {days:.0f} days of its login, "
        f"{quiet:.0f} s after hours of silence)"
    )
