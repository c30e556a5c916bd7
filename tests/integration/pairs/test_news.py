"""What a quiet message costs in looks and reads: news say where something is, so nothing else is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
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
async def people() -> AsyncIterator[DiscordPeople]:
    people = DiscordPeople(current().database_url)
    yield people
    await people.close()


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


async def _says(rig: Rig, people: DiscordPeople, text: str) -> None:
    id_ = rig.discord.world.post(rig.discord.channel, rig.discord.user, text)
    await people.posted(Message(f"dc:{rig.discord.channel}", id_, 1, (Node(Style.TEXT, text),), Author("ann")), None)


async def _hears(rig: Rig, text: str, limit: float = 15.0) -> None:
    await until(lambda: any(text in heard for heard in rig.at_destination()), "the message", limit)


@pytest.mark.parametrize(("apart", "expected"), [(False, {"inbox": 1}), (True, {"inbox": 1, "due": 1})])
async def test_what_people_say_is_taken_from_the_inbox(
    pg: asyncpg.Connection, reads: Counter[str], people: DiscordPeople, apart: bool, expected: dict[str, int]
) -> None:
    async with running_rig(pg, by_webhook=True, by_bot=True, apart=apart) as rig:
        await _quiet(rig, reads)
        await _says(rig, people, "hello")
        await _hears(rig, "hello")
        assert dict(reads) == expected


async def test_what_was_said_while_nobody_was_there_is_taken_at_once(
    pg: asyncpg.Connection, people: DiscordPeople
) -> None:
    """Not only with the next look, up to 15 s later."""
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        await rig.crash()
        await _says(rig, people, "anybody?")
        await rig.start()
        await _hears(rig, "anybody?", limit=6.0)


async def test_news_that_nobody_understands_are_looked_after(
    pg: asyncpg.Connection, reads: Counter[str], people: DiscordPeople
) -> None:
    """As of a later version."""
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        await _quiet(rig, reads)
        for odd in ("", "session.1", "9" * 5000 + "x", "\u0663"):
            await pg.execute("SELECT pg_notify('relay_news', $1)", f"{rig.session} {odd}")
        await until(lambda: reads["look"] >= 1, "a look")
        await _says(rig, people, "still here")
        await _hears(rig, "still here")
