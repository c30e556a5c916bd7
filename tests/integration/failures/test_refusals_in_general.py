"""Refusals that are about more than one message: none of them burns message after message, none loses one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from project.sandbox.faults import FaultRule
from tests.integration.failures.rig import SEND, WEBHOOK, FailureRig, failing
from tests.integration.pairs.rig import until, until_value

TWELVE = [f"post {number}" for number in range(12)]
BLOCKED = json.dumps({"message": "internal network error", "code": 40333})
DEAD = "SELECT count(*) FROM pairs_delivery WHERE state = 'dead'"


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[FailureRig]:
    async with failing(pg) as rig:
        yield rig


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (406, "ALLOW_PAYMENT_REQUIRED_25", "asks 25 Telegram stars per message"),
        (403, "ALLOW_PAYMENT_REQUIRED", "asks Telegram stars"),
        (400, "TOPIC_CLOSED", "topic is closed"),
        (403, "CHAT_SOMETHING_NOBODY_KNOWS", "CHAT_SOMETHING_NOBODY_KNOWS"),
    ],
)
async def test_b21_a_refusal_of_the_chat_stops_the_pair_and_keeps_its_queue(
    rig: FailureRig, pg: asyncpg.Connection, code: int, error: str, words: str
) -> None:
    rig.world.faults.add(FaultRule(SEND, code=code, error=error, count=99))
    for text in TWELVE:
        rig.world.post(rig.source, text)
    assert words in await rig.error()
    await rig.keeps(12, hop=2)
    assert await pg.fetchval(DEAD) == 0
    assert await pg.fetchval("SELECT count(*) FROM core_notice WHERE text LIKE '%' || $1 || '%'", words) == 1
    assert rig.calls(SEND) == 1
    rig.world.faults.clear()
    await rig.resume()
    await rig.once(TWELVE)


async def test_a_refusal_that_concerns_an_edit_never_stops_new_posts(rig: FailureRig, pg: asyncpg.Connection) -> None:
    for text in ("one", "two"):
        rig.world.post(rig.source, text)
    await rig.once(["one", "two"])
    rig.world.faults.add(FaultRule("messages.editMessage", code=403, error="CHAT_ADMIN_REQUIRED", count=3))
    rig.world.edit(rig.source, rig.world.messages(rig.source)[0].id, "changed")
    await until_value(pg, DEAD, 1)
    rig.world.post(rig.source, "three")
    await until(lambda: rig.at_destination()[-1] == "three", "the post behind the edit")
    assert await pg.fetchval("SELECT status FROM pairs_pair") == "active"


async def test_an_error_that_no_table_knows_is_counted_where_operators_look(
    rig: FailureRig, pg: asyncpg.Connection
) -> None:
    rig.world.faults.add(FaultRule(SEND, code=400, error="SOMETHING_NOBODY_KNOWS", count=3))
    rig.world.post(rig.source, "one")
    await until_value(pg, DEAD, 1)
    rig.discord.world.fault(FaultRule(WEBHOOK, code=403, error='{"message": "New", "code": 987654}'))
    rig.world.post(rig.source, "two")
    await rig.error()
    rig.engine._limits._signal.set()
    await until_value(pg, "SELECT times FROM core_platformerror WHERE code = 'SOMETHING_NOBODY_KNOWS'", 3)
    await until_value(pg, "SELECT method FROM core_platformerror WHERE code = '987654'", "POST /webhooks/*")


@pytest.mark.parametrize("method", [WEBHOOK, "*"])
async def test_b07_a_blocked_address_is_one_wait_for_all_pairs(
    rig: FailureRig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Discord's edge answers 403 with JSON code 40333: nobody's webhook is gone."""
    monkeypatch.setattr("project.discord.errors.BLOCKED", 2.5)
    others = [(await rig.second_pair())[1] for _ in range(19)]
    rig.engine.wake()
    await until(lambda: len(rig.engine._pairs) == 20 and rig.engine._sources.synced, "all pairs")
    rig.discord.world.fault(FaultRule(method, code=403, error=BLOCKED, count=1000))
    rig.world.post(rig.source, "before")
    rig.world.post(rig.source, "after")
    refused = "SELECT count(*) FROM core_notice WHERE key LIKE 'dc:cloudflare%'"
    await until_value(pg, refused, 1)
    blocked = _refusals(rig)
    await until(lambda: _refusals(rig) >= blocked + 2, "the wait to end twice", 30)
    assert _refusals(rig) <= 20 + 6, "after the first calls, one request asks for all whether the block is over"
    rig.discord.world.faults.clear()
    for chat in [rig.destination, *others]:
        await until(lambda chat=chat: rig.at_destination(chat) == ["before", "after"], "both, once and in order", 40)
    assert await pg.fetchval(DEAD) == 0
    assert await pg.fetchval("SELECT count(*) FROM pairs_pair WHERE status <> 'active'") == 0
    assert await pg.fetchval(refused) == 1


def _refusals(rig: FailureRig) -> int:
    errors = rig.discord.world.counters().errors.values()
    return sum(count for found in errors for name, count in found.items() if name.startswith("403"))
