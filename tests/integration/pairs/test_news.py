"""What a quiet message costs in looks and reads: news say where something is, so nothing else is looked at."""

from __future__ import annotations

from collections import Counter
from typing import Any

import asyncpg
import pytest

from pairs.journal.reading import JournalReads
from pairs.people import DiscordPeople
from project.core.config import current
from project.core.message import Author, Message, Node, Style
from tests.integration.pairs.rig import Rig, running_rig, until

READS = ("look", "due", "inbox")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often any engine looked at its rows, read a lane's due ones, or the inbox."""
    counts: Counter[str] = Counter()
    for name in READS:
        monkeypatch.setattr(JournalReads, name, _counted(name, getattr(JournalReads, name), counts))
    return counts


def _counted(name: str, read: Any, counts: Counter[str]) -> Any:
    def counting(*args: Any) -> Any:
        counts[name] += 1
        return read(*args)

    return counting


async def _quiet(rig: Rig, reads: Counter[str]) -> None:
    """After a first message everything is known and at rest."""
    rig.world.post(rig.source, "first")
    await rig.arrived("first")
    await until(lambda: all(lane.idle for e in rig._engines.values() for lane in e._lanes._lanes.values()), "rest")
    reads.clear()


@pytest.mark.parametrize(("apart", "expected"), [(False, {}), (True, {"due": 1})])
async def test_a_message_is_looked_for_where_it_is(
    pg: asyncpg.Connection, reads: Counter[str], apart: bool, expected: dict[str, int]
) -> None:
    """In one process nothing is read; a sender in another one reads its lane once."""
    async with running_rig(pg, by_webhook=True, by_bot=True, apart=apart) as rig:
        await _quiet(rig, reads)
        rig.world.post(rig.source, "second")
        await rig.arrived("second")
        assert dict(reads) == expected


@pytest.mark.parametrize(("apart", "expected"), [(False, {"inbox": 1}), (True, {"inbox": 1, "due": 1})])
async def test_what_people_say_is_taken_from_the_inbox(
    pg: asyncpg.Connection, reads: Counter[str], apart: bool, expected: dict[str, int]
) -> None:
    people = DiscordPeople(current().database_url)
    async with running_rig(pg, by_webhook=True, by_bot=True, apart=apart) as rig:
        await _quiet(rig, reads)
        id_ = rig.discord.world.post(rig.discord.channel, rig.discord.user, "hello")
        await people.posted(
            Message(f"dc:{rig.discord.channel}", id_, 1, (Node(Style.TEXT, "hello"),), Author("ann")), None
        )
        await until(lambda: any("hello" in text for text in rig.at_destination()), "the message")
        assert dict(reads) == expected
    await people.close()
