"""The doctor and a Discord that asks to wait: that is no missing permission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from project.core.checks import Level
from project.core.errors import RetryLater
from project.discord.permissions import NEEDED
from project.discord.rest import DiscordRest
from project.doors.doctor.discord import PairedChannel, look_at_channels


class Busy:
    """Answers after it has asked to wait, so often and so long."""

    def __init__(self, waits: Sequence[float]) -> None:
        self._waits = list(waits)

    async def permissions(self, _channel: int) -> frozenset[str]:
        if self._waits:
            raise RetryLater("Discord asks to wait.", retry_after=self._waits.pop(0), scope="x", code="429")
        return frozenset(NEEDED)


@pytest.mark.parametrize(
    ("waits", "level", "said"),
    [
        ([0.0, 0.0], Level.OK, "has what it needs in 1 paired channel."),
        ([0.0] * 9, Level.WARNING, "#news: not looked at"),
        ([600.0], Level.WARNING, "#news: not looked at"),
    ],
)
async def test_a_wait_is_waited_for_or_told(waits: list[float], level: Level, said: str) -> None:
    (check,) = await look_at_channels(cast(DiscordRest, Busy(waits)), [PairedChannel(1, "news", by_bot=True)])
    assert check.level == level
    assert said in check.text
    assert "Invite" not in check.todo
