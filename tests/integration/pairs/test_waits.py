"""A wait stops exactly the lanes of its key, is never cut short, outlives its process; what waited goes in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from project.sandbox.discord.limits import Limits, Rate
from project.sandbox.faults import FaultRule
from project.telegram.updates import Gap
from tests.integration.failures.rig import BOT, SEND, WEBHOOK, FailureRig, failing
from tests.integration.pairs.rig import until, until_value
from tests.integration.sandbox.conftest_discord import limits_with

WAITING = "SELECT count(*) FROM pairs_delivery WHERE hop = 1 AND state = 'waiting' AND not_before > now()"
BLOCKED = "SELECT count(*) FROM core_rateslot WHERE blocked_until > now()"
READ = "messages.getHistory"
ROUTE = '{"message": "slow", "retry_after": %s}'
SHARED = '{"message": "slow", "retry_after": %s, "scope": "shared"}'
GLOBAL = '{"message": "slow", "retry_after": %s, "global": true}'
PAGE = "<html>access denied</html>"  # Cloudflare's: no seconds, so a minute


@asynccontextmanager
async def two_pairs(
    conn: asyncpg.Connection, limits: Limits | str = "off", *, by_webhook: bool = True
) -> AsyncIterator[tuple[FailureRig, int]]:
    """One source: the first pair posts by webhook (or by the Discord bot), the second one by the Discord bot; with the
    destination of the second one."""
    async with failing(conn, by_webhook=by_webhook, discord_limits=limits) as rig:
        pair, destination = await rig.second_pair()
        rig.engine.wake()
        await until(lambda: pair in rig.engine._pairs and rig.engine._sources.synced, "the second pair")
        yield rig, destination


def by_webhook(rig: FailureRig) -> list[str]:
    posts = rig.discord.world.messages(rig.discord.channel)
    return [post.content for post in posts if post.webhook_id]


def by_bot(rig: FailureRig) -> list[str]:
    posts = rig.discord.world.messages(rig.discord.channel)
    return [post.content.splitlines()[-1] for post in posts if not post.webhook_id]


@pytest.mark.parametrize("problem", [ROUTE, SHARED, GLOBAL], ids=["route", "shared", "global"])
async def test_a_429_of_a_webhook_stops_its_lane_and_no_other(problem: str, pg: asyncpg.Connection) -> None:
    async with two_pairs(pg) as (rig, _):
        rig.discord.world.fault(FaultRule(WEBHOOK, code=429, error=problem % 60))
        rig.world.post(rig.source, "one")
        await until_value(pg, WAITING, 1)
        rig.world.post(rig.source, "two")
        await until(lambda: by_bot(rig) == ["one", "two"], "the other pair")
        assert rig.calls(WEBHOOK) == 1


async def test_a_global_429_of_the_token_stops_all_its_lanes_and_no_webhook(pg: asyncpg.Connection) -> None:
    async with two_pairs(pg) as (rig, _):
        rig.discord.world.fault(FaultRule(BOT, code=429, error=GLOBAL % 60))
        rig.world.post(rig.source, "one")
        await until_value(pg, WAITING, 1)
        rig.world.post(rig.source, "two")
        await until(lambda: by_webhook(rig) == ["one", "two"], "the webhook's pair")
        assert rig.calls(BOT) == 1


async def test_cloudflares_page_stops_everything_to_discord_and_nothing_else(pg: asyncpg.Connection) -> None:
    async with two_pairs(pg) as (rig, _):
        rig.discord.world.fault(FaultRule(WEBHOOK, code=429, error=PAGE))
        rig.world.post(rig.source, "one")
        await until_value(pg, WAITING, 1)
        calls = rig.calls(WEBHOOK) + rig.calls(BOT)
        standing = len(rig.on_discord())
        rig.world.post(rig.source, "two")
        rows = "SELECT count(*) FROM pairs_delivery WHERE hop = 1 AND state IN ('waiting', 'sending')"
        await until_value(pg, rows, 4 - standing)
        assert rig.calls(WEBHOOK) + rig.calls(BOT) == calls
        assert len(rig.on_discord()) == standing
        assert await pg.fetchval("SELECT count(*) FROM pairs_delivery WHERE state = 'dead'") == 0


@pytest.mark.parametrize("problem", [ROUTE, GLOBAL], ids=["route", "global"])
async def test_a_wait_of_discord_outlives_its_process_for_every_lane_of_its_key(
    problem: str, pg: asyncpg.Connection
) -> None:
    """Both pairs post by the bot into one channel: after the restart neither goes early."""
    async with two_pairs(pg, by_webhook=False) as (rig, _):
        rig.discord.world.fault(FaultRule(BOT, code=429, error=problem % 4))
        rig.world.post(rig.source, "one")
        await until_value(pg, BLOCKED, 1)
        until_when = await pg.fetchval("SELECT blocked_until FROM core_rateslot WHERE blocked_until > now()")
        calls = rig.calls(BOT)
        await rig.crash()
        await rig.start()
        await rig.synced()
        rig.world.post(rig.source, "two")
        while rig.calls(BOT) == calls:
            await asyncio.sleep(0.01)
        assert await pg.fetchval("SELECT clock_timestamp()") >= until_when
        await until(lambda: sorted(by_bot(rig)) == ["one", "one", "two", "two"], "both pairs")
        assert by_bot(rig).index("two") > by_bot(rig).index("one")


async def test_a_flood_of_one_chat_outlives_its_process_and_leaves_other_chats_alone(pg: asyncpg.Connection) -> None:
    async with two_pairs(pg) as (rig, destination):
        rig.world.faults.add(FaultRule(SEND, code=420, error="FLOOD_WAIT_4", account=str(rig.bot.user_id)))
        rig.world.post(rig.source, "one")
        await until_value(pg, BLOCKED, 1)
        until_when = await pg.fetchval("SELECT blocked_until FROM core_rateslot WHERE blocked_until > now()")
        await rig.crash()
        await rig.start()
        await until(lambda: rig.at_destination(destination) == ["one"], "the other chat")
        await until(lambda: rig.at_destination() == ["one"], "the flooded chat")
        assert await pg.fetchval("SELECT clock_timestamp()") >= until_when


async def test_a_flood_of_reading_outlives_its_process(pg: asyncpg.Connection) -> None:
    async with failing(pg) as rig:
        rig.world.faults.add(FaultRule(READ, code=420, error="FLOOD_WAIT_4"))
        rig.engine.on_update(rig.session)(Gap(None))
        await until_value(pg, BLOCKED, 1)
        until_when = await pg.fetchval("SELECT blocked_until FROM core_rateslot WHERE blocked_until > now()")
        calls = rig.calls(READ)
        await rig.crash()
        await rig.start()
        rig.world.post(rig.source, "one")
        while rig.calls(READ) == calls:
            await asyncio.sleep(0.01)
        assert await pg.fetchval("SELECT clock_timestamp()") >= until_when
        await rig.once(["one"])


async def test_a_hot_pair_drains_in_order_as_fast_as_it_may_while_a_quiet_one_is_not_held_up(
    pg: asyncpg.Connection,
) -> None:
    """Both have the same messages; only the first one's webhook is limited: 5 in a second."""
    texts = [f"message {number}" for number in range(40)]
    async with two_pairs(pg, limits_with(buckets={"webhook_execute": Rate(5, 1.0)})) as (rig, destination):
        for text in texts:
            rig.world.post(rig.source, text)
        await until(lambda: by_bot(rig) == texts, "the quiet pair", limit=60)
        await until(lambda: by_webhook(rig) == texts, "the hot pair", limit=60)
        await until(lambda: rig.at_destination() == rig.at_destination(destination) == texts, "both destinations")
        posts = rig.discord.world.messages(rig.discord.channel)
        hot, quiet = (max(p.arrived_at for p in posts if bool(p.webhook_id) is by) for by in (True, False))
        assert quiet < hot
        refused = rig.discord.world.counters().errors.values()
        assert sum(count for errors in refused for name, count in errors.items() if name.startswith("429")) <= 1
