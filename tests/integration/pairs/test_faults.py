"""Answers that get lost, refusals, waits and crashes: nothing is lost, nothing is sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.sandbox.faults import FaultRule, Phase
from tests.integration.pairs.rig import Rig, running_rig, until, until_value

BOT = "POST /channels/{id}/messages"
WEBHOOK = "POST /webhooks/{id}/{token}"
SEND = "messages.sendMessage"

LOST_ANSWERS = [
    FaultRule(WEBHOOK, Phase.AFTER, code=502),
    FaultRule(WEBHOOK, Phase.DROP),
    FaultRule(WEBHOOK, Phase.LOST),
    FaultRule(WEBHOOK, Phase.BEFORE, code=503, count=2),
    FaultRule(BOT, Phase.AFTER, code=502),
    FaultRule(BOT, Phase.DROP),
    FaultRule(BOT, Phase.BEFORE, code=500, count=2),
]


@pytest.fixture
async def by_webhook(pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        yield rig


@pytest.fixture
async def by_bot(pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=False, by_bot=False) as rig:
        yield rig


@pytest.mark.parametrize("rule", LOST_ANSWERS, ids=lambda rule: f"{rule.method} {rule.phase} {rule.code}")
async def test_a_lost_answer_of_discord_doubles_nothing(rule: FaultRule, pg: asyncpg.Connection) -> None:
    webhook = rule.method == WEBHOOK
    async with running_rig(pg, by_webhook=webhook, by_bot=webhook) as rig:
        rig.discord.world.fault(rule)
        for number in range(3):
            rig.world.post(rig.source, f"message {number}")
        await rig.arrived("message 2")
        assert rig.at_destination() == [f"message {number}" for number in range(3)]
        assert [line.splitlines()[-1] for line in rig.on_discord()] == rig.at_destination()


@pytest.mark.parametrize("phase", [Phase.DROP, Phase.LOST])
async def test_a_lost_answer_of_telegram_doubles_nothing(by_webhook: Rig, phase: Phase) -> None:
    by_webhook.world.faults.add(FaultRule(SEND, phase))
    for number in range(3):
        by_webhook.world.post(by_webhook.source, f"message {number}")
    await by_webhook.arrived("message 2")
    assert by_webhook.at_destination() == [f"message {number}" for number in range(3)]


async def test_a_flood_wait_is_kept_on_the_row_and_obeyed(by_webhook: Rig, pg: asyncpg.Connection) -> None:
    by_webhook.world.faults.add(FaultRule(SEND, code=420, error="FLOOD_WAIT_2"))
    by_webhook.world.post(by_webhook.source, "patience")
    await until(lambda: by_webhook.on_discord() == ["patience"], "hop 1")
    waits = "SELECT count(*) FROM pairs_delivery WHERE hop = 2 AND state = 'waiting' AND not_before > now()"
    await until_value(pg, waits, 1)
    await by_webhook.arrived("patience")
    assert by_webhook.at_destination() == ["patience"]


async def test_a_message_that_discord_refuses_is_set_aside_and_the_next_one_goes_on(
    by_bot: Rig, pg: asyncpg.Connection
) -> None:
    by_bot.discord.world.fault(
        FaultRule(BOT, code=400, error='{"code": 50035, "message": "Invalid Form Body"}', count=3)
    )
    by_bot.world.post(by_bot.source, "poison")
    by_bot.world.post(by_bot.source, "fine")
    await until(lambda: by_bot.at_destination() == ["poison", "fine"], "both at the destination")
    assert len(by_bot.on_discord()) == 1
    assert await pg.fetchval("SELECT reason FROM pairs_delivery WHERE state = 'dead'")


async def test_a_deleted_webhook_stops_the_pair_and_keeps_its_queue(by_webhook: Rig, pg: asyncpg.Connection) -> None:
    bot, channel = by_webhook.discord.bot_id, by_webhook.discord.channel
    by_webhook.discord.world.set_permissions(channel, bot, ["view", "history"])  # none to make another webhook
    by_webhook.discord.world.delete_webhook(int(by_webhook.webhook.split("/")[-2]))
    by_webhook.world.post(by_webhook.source, "kept")
    await until_value(pg, "SELECT status FROM pairs_pair", "error")
    reason = await pg.fetchval("SELECT status_reason FROM pairs_pair")
    assert reason.startswith("hop 1")
    assert await pg.fetchval("SELECT count(*) FROM pairs_delivery WHERE state IN ('waiting', 'sending')") == 2


async def test_a_crash_between_sending_and_its_record_doubles_nothing(by_webhook: Rig) -> None:
    """The process dies while both calls are under way: the next owner finds what stands and sends what does not."""
    by_webhook.discord.world.fault(FaultRule(WEBHOOK, Phase.BEFORE, delay=1.0))
    by_webhook.world.post(by_webhook.source, "under way")
    by_webhook.world.post(by_webhook.source, "behind it")
    await until(lambda: by_webhook.discord.world.counters().calls, "the call")
    await by_webhook.crash()
    await by_webhook.start()
    await by_webhook.arrived("behind it")
    assert by_webhook.at_destination() == ["under way", "behind it"]
    assert by_webhook.on_discord() == ["under way", "behind it"]


async def test_a_moderators_delete_reaches_the_destination(by_webhook: Rig) -> None:
    by_webhook.world.post(by_webhook.source, "rude")
    by_webhook.world.post(by_webhook.source, "polite")
    await by_webhook.arrived("polite")
    rude = next(m for m in by_webhook.discord.world.messages(by_webhook.discord.channel) if m.content == "rude")
    people = DiscordPeople(current().database_url)
    await people.deleted(by_webhook.discord.channel, [rude.id])
    await people.close()
    by_webhook.engine.wake()
    await until(lambda: by_webhook.at_destination() == ["polite"], "the delete")


async def test_a_long_text_is_split_edited_and_deleted_in_all_its_parts(by_webhook: Rig) -> None:
    text = " ".join(f"word{number}" for number in range(500))
    long = by_webhook.world.post(by_webhook.source, text[:4000])
    await by_webhook.arrived("word0 word1")
    await until(lambda: len(by_webhook.on_discord()) == 2, "two parts")
    by_webhook.world.edit(by_webhook.source, long, "short now")
    await until(lambda: by_webhook.on_discord() == ["short now"], "the surplus part's delete")
    by_webhook.world.delete(by_webhook.source, [long])
    await until(lambda: by_webhook.on_discord() == [], "the delete")
    await until(lambda: by_webhook.at_destination() == [], "the delete at the destination")
