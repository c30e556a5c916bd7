"""The database, the network, or a connection is gone for a while: nothing lost, nothing doubled, nothing unrecorded."""

from __future__ import annotations

import asyncpg
import pytest

from pairs.intake import source
from pairs.journal import link
from pairs.lane import attempts
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.state import Cut
from project.telegram import client
from tests.integration.failures.rig import BOT, WEBHOOK, database_door, failing
from tests.integration.pairs.rig import until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(attempts, "SETTLE_TIME", 0.2)


async def test_nothing_is_sent_without_a_row_while_the_database_is_away(pg: asyncpg.Connection) -> None:
    async with database_door() as door, failing(pg, dsn=door.dsn) as rig:
        rig.world.post(rig.source, "before")
        await rig.once(["before"])
        await door.shut()
        sends = rig.calls(WEBHOOK)
        texts = [f"meanwhile {number}" for number in range(30)]
        for text in texts:
            rig.world.post(rig.source, text)
        intake = rig.engine._sources._sources[rig.source]
        await until(lambda: intake._highest == 32, "the last live post")
        assert (rig.calls(WEBHOOK), rig.said(), rig.at_destination()) == (sends, ["before"], ["before"])
        await door.open()
        await rig.once(["before", *texts])


async def test_memory_is_bounded_while_the_database_is_away(
    pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would have to be kept is forgotten, and read again from the history."""
    monkeypatch.setattr(source, "MOST_LIVE", 20)
    async with database_door() as door, failing(pg, dsn=door.dsn) as rig:
        await door.shut()
        intake = rig.engine._sources._sources[rig.source]
        texts = [f"meanwhile {number}" for number in range(120)]
        for text in texts:
            rig.world.post(rig.source, text)
        await until(lambda: intake._highest == 121, "the last live post")
        assert len(intake._live) <= 20
        await door.open()
        await rig.once(texts)


async def test_a_network_cut_to_telegram(pg: asyncpg.Connection) -> None:
    async with failing(pg) as rig:
        rig.world.post(rig.source, "before")
        await rig.once(["before"])
        await rig.telegram.stop()
        texts = [f"meanwhile {number}" for number in range(5)]
        for text in texts:
            rig.world.post(rig.source, text)
        await until(lambda: not rig.engine._accounts[rig.session]._link.connected, "the loss")
        await rig.telegram.start()
        rig.world.post(rig.source, "after")
        await rig.once(["before", *texts, "after"])


async def test_a_half_open_connection_to_telegram(pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither side closes it; only our own pings tell. With the real numbers it takes at most 30 s."""
    assert client.PING_EVERY + client.PING_LIMIT <= 30
    monkeypatch.setattr(client, "PING_EVERY", 0.2)
    monkeypatch.setattr(client, "PING_LIMIT", 0.3)
    async with failing(pg) as rig:
        rig.world.post(rig.source, "before")
        await rig.once(["before"])
        rig.world.cut(how=Cut.HALF_OPEN)
        rig.world.post(rig.source, "into the void")
        await rig.once(["before", "into the void"])


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_discord_in_trouble(code: int, pg: asyncpg.Connection) -> None:
    async with failing(pg, by_webhook=False) as rig:
        rig.discord.world.fault(FaultRule(BOT, code=code, count=2))
        rig.discord.world.fault(FaultRule(BOT, Phase.AFTER, code=code))
        texts = [f"message {number}" for number in range(4)]
        for text in texts:
            rig.world.post(rig.source, text)
        await rig.once(texts)
