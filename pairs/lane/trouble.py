"""When a message that the platform does not decide about is suspected to be the cause itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

MOST_TRIES = 8
RESULTLESS = 480.0  # seconds; with the longest pause between two tries it is decided within ten minutes


@dataclass(frozen=True, slots=True)
class Patience:
    """After so many tries without an answer, the first of them so many seconds ago, the next message is tried."""

    tries: int = MOST_TRIES
    seconds: float = RESULTLESS


@dataclass(frozen=True, slots=True)
class Trouble:
    """Tries of a part that the platform did not decide about: 5xx, time-outs, lost connections. `since` is when the
    first of them was, by the clock of the loop; `reason` is the last one's."""

    tries: int = 0
    since: float | None = None
    reason: str = ""

    def after(self, reason: str, now: float) -> Trouble:
        """One more."""
        return Trouble(self.tries + 1, now if self.since is None else self.since, reason)

    def lasts(self, now: float) -> float | None:
        """Seconds since it began; None when there is none."""
        return None if self.since is None else max(0.0, now - self.since)

    def suspicious(self, patience: Patience, now: float) -> bool:
        """Whether the message itself may be the cause."""
        return self.tries >= patience.tries and (self.lasts(now) or 0.0) >= patience.seconds

    def shared(self) -> Trouble:
        """The next message fared no better: an outage. The tries count anew; how long it lasts is still told."""
        return replace(self, tries=0)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A part that is suspected, and what is known of it."""

    part: int
    trouble: Trouble = field(default_factory=Trouble)
