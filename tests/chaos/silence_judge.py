"""What an operator has to hear of a host that falls silent and returns, and what of its messages. Pure; it can fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sessions.domain.health import Limits
from tests.chaos.outcome import Outcome

NOTICING = 10.0  # seconds from a worker being gone long enough to the bot's message: a round of control, and the bot
GATHERED = "🔔"  # begins a message that holds several notices
OVER = ("🟢", "Workers: all in order")


@dataclass(frozen=True, slots=True)
class Told:
    """A message of the admin bot, and how many seconds after the loss and the return it stood in the chat."""

    text: str
    after_loss: float
    after_return: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Outcome):
    """docs/reference/chaos.md says what each figure means. `lease`: LEASE_TTL in seconds."""

    sessions: int
    pairs: int
    rate: float
    seed: int
    lease: float
    setup_seconds: float
    absent_seconds: float
    watched_seconds: float
    notices: list[Told]
    notices_count: int
    recoveries_count: int
    worst_recovery_ms: float | None
    settled_seconds: float
    flips: dict[str, int]
    most_flips_of_a_session: int
    healthy_again_seconds: float | None
    disabled_pairs: list[int]
    failed_over_pairs: list[int]
    statuses: dict[str, int]
    unasked_restarts: dict[str, int]

    @property
    def flawless(self) -> bool:
        """The right number of notices, as many recoveries, every message once and in order, and pairs left alone."""
        meddled = len(self.disabled_pairs), len(self.failed_over_pairs), self.pairs - self.statuses.get("active", 0)
        told = self.notices_count in right_counts(self.absent_seconds, self.lease)
        return self.whole and told and self.recoveries_count == self.notices_count and not any(meddled)


def right_counts(absent: float, lease: float) -> frozenset[int]:
    """How many notices there may be: one when the workers were certainly gone for the two minutes of the health table,
    which begin when their leases end; a shorter absence may be over before, with the time that their return takes."""
    certain = absent >= lease + Limits().gone.total_seconds() + NOTICING
    return frozenset({1}) if certain else frozenset({0, 1})


def count(messages: Iterable[Told]) -> tuple[int, int]:
    """Notices of trouble and of recovery. Whatever the bot says counts as one of them."""
    found = [notice for message in messages for notice in _notices(message.text)]
    over = sum(notice.startswith(OVER) for notice in found)
    return len(found) - over, over


def _notices(text: str) -> list[str]:
    head, *rest = text.split("\n\n")
    return rest if head.startswith(GATHERED) else [text]
