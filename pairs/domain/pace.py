"""How often sources are compared with Telegram. Pure."""

from __future__ import annotations

from dataclasses import dataclass

QUIET_LOOKS = 180  # a guest's source that was quiet for an hour is looked at each 20 s, one quiet for two each 40 s


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks at all sources of a session at once (`every`), and between two at those that its
    account reads without being a member (`guest`): Telegram tells it of no post there."""

    every: float = 170.0
    guest: float = 20.0

    def of_guest(self, quiet: float, least: float) -> float:
        """Seconds between two looks at a guest's source in which nothing has happened for `quiet` seconds; `least` is
        what the account's budget of requests allows."""
        return max(self.guest, least, min(self.every, quiet / QUIET_LOOKS))
