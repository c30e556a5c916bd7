"""What people are told of a pair whose session reads a public source without being a member of it. Pure."""

from __future__ import annotations

SHORT = "not a member of the source"


def late_note(fresh: float, quiet: float) -> str:
    """A clause with how late posts may come, in seconds: while the source is fresh, and after hours of silence."""
    return f"{SHORT}: posts may come up to {fresh:.0f} s late, up to {max(fresh, quiet):.0f} s after hours of silence"
