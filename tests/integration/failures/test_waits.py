"""FLOOD_WAIT and slow mode: that lane waits as long as it was told, over a restart too, and nobody else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
import pytest

from project.sandbox.faults import FaultRule
from tests.integration.failures.rig import SEND, FailureRig, failing
from tests.integration.pairs.rig import until, until_value

WAITING = "SELECT count(*) FROM pairs_delivery WHERE hop = 2 AND state = 'waiting' AND not_before > now()"


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[FailureRig]:
    async with failing(pg) as rig:
        yield rig


async def told_to_wait(rig: FailureRig, pg: asyncpg.Connection, error: str) -> datetime:
    """The sender bot is told to wait; until when, by the row."""
    rig.world.faults.add(FaultRule(SEND, code=420, error=error, account=str(rig.bot.user_id)))
    rig.world.post(rig.source, "patience")
    await until_value(pg, WAITING, 1)
    found = await pg.fetchval("SELECT not_before FROM pairs_delivery WHERE hop = 2 AND state = 'waiting'")
    assert isinstance(found, datetime)
    return found


@pytest.mark.parametrize("error", ["FLOOD_WAIT_3", "SLOWMODE_WAIT_3"])
async def test_a_wait_survives_a_restart_and_is_not_cut_short(
    error: str, rig: FailureRig, pg: asyncpg.Connection
) -> None:
    not_before = await told_to_wait(rig, pg, error)
    await rig.crash()
    await rig.start()
    await rig.synced()
    rig.world.post(rig.source, "behind it")
    await rig.once(["patience", "behind it"])
    assert rig.calls(SEND) == 3  # the refused one, and each message once
    assert rig.standing()[0].arrived_wall >= not_before.timestamp() * 1000


@pytest.mark.parametrize("error", ["FLOOD_WAIT_60", "SLOWMODE_WAIT_60"])
async def test_a_wait_stops_nobody_else(error: str, rig: FailureRig, pg: asyncpg.Connection) -> None:
    """Another pair of the same source by another sender, and the first hop of the pair itself, go on."""
    pair, destination = await rig.second_pair()
    rig.engine.wake()
    await until(lambda: pair in rig.engine._pairs and rig.engine._sources.synced, "the second pair")
    await told_to_wait(rig, pg, error)
    rig.world.post(rig.source, "next")
    await until(lambda: rig.at_destination(destination) == ["patience", "next"], "the other pair")
    await until(lambda: rig.said().count("next") == 2, "hop 1 of both")
    assert rig.at_destination() == []
