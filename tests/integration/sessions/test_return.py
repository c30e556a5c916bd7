"""Pairs of a session that was out and is logged in again."""

from __future__ import annotations

import asyncpg

from tests.integration.pairs.rig import running_rig, until

ACTIVE = "WITH p AS (UPDATE pairs_pair SET status = 'active') SELECT pg_notify('relay_wake', $1)"


async def test_a_pair_whose_status_reads_as_before_is_not_taken_for_unchanged(pg: asyncpg.Connection) -> None:
    """Its session comes back before the pair does: at first the pair is read as disabled."""
    async with running_rig(pg, by_webhook=True, by_bot=False) as rig:
        rig.world.post(rig.source, "before")
        await rig.arrived("before")
        rig.engine._reloaded_at = float("-inf")
        await rig.engine._look()  # as it does every few seconds
        account, holding = rig._accounts[rig.session], rig.engine._holdings[rig.session]
        await rig.engine.drop(rig.session)
        await pg.execute("UPDATE pairs_pair SET status = 'disabled'")
        rig.world.post(rig.source, "while it was out")
        await rig.engine.hold(holding, account)
        await pg.execute(ACTIVE, rig.session)
        await until(lambda: "while it was out" in rig.at_destination(), "what came meanwhile", 20.0)
        assert rig.at_destination() == ["before", "while it was out"]
