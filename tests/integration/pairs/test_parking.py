"""A pair loses its session while it relays, and gets another one later: nothing is lost, doubled or out of order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import asyncpg
from asgiref.sync import sync_to_async
from django.db import connections, transaction

from pairs.domain.moves import Move
from pairs.services.commits import commit
from pairs.services.parked import park_pairs
from pairs.services.settling import settle
from project.core.errors import Conflict
from project.sandbox.faults import FaultRule
from sessions.models import TelegramSession
from tests.integration.pairs.rig import until, until_value
from tests.integration.pairs.test_handover import load
from tests.integration.pairs.two_sessions import TwoSessions, two_sessions

T = TypeVar("T")
UNSURE = "SELECT count(*) FROM pairs_delivery WHERE state = 'sending'"


async def orm(work: Callable[[], T]) -> T:
    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return await sync_to_async(run)()


async def test_parked_under_traffic_and_placed_again(pg: asyncpg.Connection) -> None:
    async with two_sessions(pg, by_webhook=False, by_bot=True) as rig:
        async with load(rig) as texts:
            await orm(lambda: _park(rig))
            await until(lambda: rig.pair not in rig.process(rig.session)._pairs, "the owner to let it go")
            assert await pg.fetchval("SELECT status FROM pairs_pair") == "parked"
            seen = len(rig.at_destination())
            await until(lambda: len(texts) > seen + 10, "more posts")
            await until_value(pg, UNSURE, 0)
            await orm(lambda: _place(rig))
            assert await pg.fetchval("SELECT generation FROM pairs_assignment") == 2
            await rig.arrived(texts[-1])
        await rig.all_arrived(texts)
    assert await pg.fetchval("SELECT status FROM pairs_pair") == "active"


async def test_nobody_gets_it_while_its_last_post_may_still_arrive(pg: asyncpg.Connection) -> None:
    """Discord takes its time over a post when the pair is parked: what became of it is still written down, and only
    then somebody else may have the pair."""
    async with two_sessions(pg, by_webhook=True, by_bot=True) as rig:
        rig.discord.world.fault(FaultRule("POST /webhooks/{id}/{token}", delay=2.0))
        rig.world.post(rig.source, "slow")
        await until_value(pg, UNSURE, 1)
        await orm(lambda: _park(rig))
        assert await orm(lambda: _refused(rig))
        await until_value(pg, UNSURE, 0)
        await orm(lambda: _place(rig))
        rig.world.post(rig.source, "next")
        await rig.all_arrived(["slow", "next"])


def _park(rig: TwoSessions) -> None:
    with transaction.atomic():
        park_pairs([rig.pair], actor="test", reason="no session can take it")


def _place(rig: TwoSessions) -> None:
    other = int(rig.other.partition(".")[2])
    TelegramSession.objects.filter(pk=other).update(health="healthy")
    move = Move(rig.pair, None, "", other, "other", 0, "parked")
    commit([move], actor="test", kind="test", title="placed")
    settle()


def _refused(rig: TwoSessions) -> bool:
    try:
        _place(rig)
    except Conflict as error:
        return "under way" in error.message
    return False
