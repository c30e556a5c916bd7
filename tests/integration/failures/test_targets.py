"""A chat, a channel, a webhook or a right is gone: that pair stops and says why, its queue is kept, others go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest
from django.db import connections

from pairs.people import DiscordPeople
from pairs.services.statuses import resume
from project.core.config import current
from project.core.message import Message, Node, Style
from project.sandbox.faults import FaultRule
from project.sandbox.telegram.messages import NewFile
from tests.integration.failures.rig import SEND, WEBHOOK, FailureRig, failing
from tests.integration.pairs.rig import until

DATA = bytes(5000)


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[FailureRig]:
    async with failing(pg) as rig:
        yield rig


async def other_pair(rig: FailureRig) -> int:
    """A second pair of the source, by the Discord bot and the session; its destination."""
    pair, destination = await rig.second_pair()
    rig.engine.wake()
    await until(lambda: pair in rig.engine._pairs and rig.engine._sources.synced, "the second pair")
    return destination


async def test_a_destination_without_the_right_to_post(rig: FailureRig) -> None:
    """CHAT_ADMIN_REQUIRED, as the platform says it."""
    destination = await other_pair(rig)
    rig.world.join(rig.destination, rig.bot.user_id, admin=False)
    for text in ("one", "two"):
        rig.world.post(rig.source, text)
    assert "admin" in await rig.error()
    await until(lambda: rig.at_destination(destination) == ["one", "two"], "the other pair")
    await rig.keeps(2, hop=2)
    rig.world.join(rig.destination, rig.bot.user_id, admin=True)
    await rig.resume()
    await until(lambda: rig.at_destination() == ["one", "two"], "the kept queue")


async def test_a_pair_that_stops_is_told_once_and_audited(rig: FailureRig, pg: asyncpg.Connection) -> None:
    destination = await other_pair(rig)
    rig.world.join(rig.destination, rig.bot.user_id, admin=False)
    rig.world.post(rig.source, "one")
    reason = await rig.error()
    rig.world.post(rig.source, "two")
    await until(lambda: rig.at_destination(destination) == ["one", "two"], "the other pair")
    await rig.keeps(2, hop=2)
    (notice,) = await pg.fetch("SELECT * FROM core_notice")
    assert notice["key"] == f"pair.{rig.pair}"
    assert reason in notice["text"]
    assert f"/resumepair {rig.pair}" in notice["text"]
    title = await pg.fetchval("SELECT source_title FROM pairs_pair WHERE id = $1", rig.pair)
    assert (title or str(rig.source)) in notice["text"]
    assert (notice["severity"], notice["ended_at"]) == ("critical", None)
    assert json.loads(notice["buttons"])[0][1:] == ["presume", str(rig.pair)]
    (event,) = await pg.fetch("SELECT * FROM core_auditevent WHERE target = $1", f"pair.{rig.pair}")
    assert (event["actor"], event["action"], event["reason"]) == (f"worker:{rig.sender}", "pair.status", reason)
    assert (event["before"], event["after"]) == ('{"status": "active"}', '{"status": "error"}')
    await asyncio.to_thread(_resumed, rig.pair)
    assert await pg.fetchval("SELECT ended_at FROM core_notice WHERE id = $1", notice["id"]) is not None


def _resumed(pair: int) -> None:
    try:
        assert resume([pair], actor="bot:1").changed == (pair,)
    finally:
        connections.close_all()


@pytest.mark.parametrize(("number", "code"), [(400, "CHANNEL_PRIVATE"), (403, "CHAT_WRITE_FORBIDDEN")])
async def test_a_destination_that_is_closed_to_the_sender(number: int, code: str, rig: FailureRig) -> None:
    destination = await other_pair(rig)
    rig.world.faults.add(FaultRule(SEND, code=number, error=code, count=99, account=str(rig.bot.user_id)))
    rig.world.post(rig.source, "kept")
    assert (await rig.error()).startswith("hop 2")
    await until(lambda: rig.at_destination(destination) == ["kept"], "the other pair")
    asked = rig.calls(SEND)
    rig.world.post(rig.source, "kept too")
    await until(lambda: rig.at_destination(destination) == ["kept", "kept too"], "the other pair")
    assert rig.calls(SEND) == asked + 1  # the other pair's
    rig.world.faults.clear()
    await rig.resume()
    await until(lambda: rig.at_destination() == ["kept", "kept too"], "the kept queue")


async def test_a_source_that_is_closed_to_the_session(rig: FailureRig) -> None:
    """Its other sources go on, and what was missed comes when it is let in again."""
    mine, rig.source = rig.source, rig.world.create_channel("Other source", members=[rig.user])
    pair, destination = await rig.second_pair()
    rig.engine.wake()
    await until(lambda: pair in rig.engine._pairs and rig.engine._sources.synced, "the second source")
    rig.world.ban(mine, rig.user)
    rig.world.cut()
    rig.world.post(mine, "unseen")
    rig.world.post(rig.source, "seen")
    await until(lambda: rig.at_destination(destination) == ["seen"], "the other source")
    rig.world.join(mine, rig.user)
    await until(lambda: rig.at_destination() == ["unseen"], "the source that came back")


RIGHTS = {"50013": ["view", "history"], "50001": []}


@pytest.mark.parametrize("code", RIGHTS)
async def test_a_channel_without_the_right_to_post(code: str, pg: asyncpg.Connection) -> None:
    async with failing(pg, by_webhook=False) as rig:
        rig.discord.world.set_permissions(rig.discord.channel, rig.discord.bot_id, RIGHTS[code])
        for text in ("one", "two"):
            rig.world.post(rig.source, text)
        assert (await rig.error()).startswith("hop 1")
        await rig.keeps(2, hop=1)
        errors = rig.discord.world.counters().errors
        assert any(code in counted for counted in _flat(errors))
        rights = ["view", "send", "history", "attach", "manage_messages", "manage_webhooks"]
        rig.discord.world.set_permissions(rig.discord.channel, rig.discord.bot_id, rights)
        await rig.resume()
        await rig.once(["one", "two"])


async def test_a_deleted_channel(pg: asyncpg.Connection) -> None:
    """10003."""
    async with failing(pg, by_webhook=False) as rig:
        rig.discord.world.delete_channel(rig.discord.channel)
        rig.world.post(rig.source, "kept")
        assert (await rig.error()).startswith("hop 1")
        await rig.keeps(1, hop=1)


ALL_BUT_WEBHOOKS = ["view", "send", "history", "attach", "manage_messages"]


async def test_a_deleted_webhook_is_never_called_again(rig: FailureRig) -> None:
    """10015: one call tells, whatever else is posted; not even a new process asks again. The bot may make no other."""
    rig.discord.world.set_permissions(rig.discord.channel, rig.discord.bot_id, ALL_BUT_WEBHOOKS)
    rig.discord.world.delete_webhook(int(rig.webhook.split("/")[-2]))
    for text in ("one", "two", "three"):
        rig.world.post(rig.source, text)
    await rig.error()
    await rig.stop()
    await rig.start()
    rig.world.post(rig.source, "four")
    await until(lambda: rig.engine._sources.synced, "the sync")
    assert rig.calls(WEBHOOK) == 1
    await rig.keeps(4, hop=1)


async def test_a_deleted_webhook_is_made_anew_where_the_bot_may(rig: FailureRig, pg: asyncpg.Connection) -> None:
    rig.world.post(rig.source, "before")
    await rig.once(["before"])
    former = int(rig.webhook.split("/")[-2])
    rig.discord.world.delete_webhook(former)
    for text in ("one", "two", "three"):
        rig.world.post(rig.source, text)
    await rig.once(["before", "one", "two", "three"])
    row = await pg.fetchrow("SELECT status, webhook_id, former_webhooks FROM pairs_pair")
    assert (row["status"], row["former_webhooks"]) == ("active", [former])
    assert row["webhook_id"] != former
    audit = await pg.fetchrow("SELECT actor, target, before, after FROM core_auditevent WHERE action = 'pair.webhook'")
    assert (audit["actor"], audit["target"]) == (f"worker:{rig.session}", f"pair.{rig.pair}")
    assert await pg.fetchval("SELECT count(*) FROM core_notice WHERE text LIKE '%a new one was made%'") == 1
    people = DiscordPeople(current().database_url)
    await people.refresh()
    assert former in people.webhooks(), "what it posted stays ours"
    await people.posted(Message(f"dc:{rig.discord.channel}", 1, 1, text=(Node(Style.TEXT, "ours"),)), former)
    assert await pg.fetchval("SELECT count(*) FROM pairs_inbox") == 0
    await people.close()
    rig.discord.world.delete_webhook(row["webhook_id"])
    rig.world.post(rig.source, "kept")
    assert (await rig.error()).startswith("hop 1"), "somebody deletes them on purpose"


@pytest.mark.parametrize("code", [413, 400])
async def test_a_file_that_discord_finds_too_big(code: int, rig: FailureRig) -> None:
    """The server takes less than the setting says: a note with a link on Discord, the whole file at the destination."""
    too_big = '{"code": 40005, "message": "Request entity too large"}'
    rig.discord.world.fault(FaultRule(WEBHOOK, code=code, error=too_big))
    posted = rig.world.post(rig.source, "look", files=[NewFile("data.bin", "application/octet-stream", DATA)])
    await rig.arrived("look")
    (line,) = rig.on_discord()
    assert "too big for Discord" in line
    assert f"https://t.me/c/{rig.source}/{posted}" in line
    (message,) = rig.standing()
    assert message.file is not None
    assert rig.world.file_data(message.file.id) == DATA


def _flat(errors: object) -> list[str]:
    assert isinstance(errors, dict)
    return [str(name) for counts in errors.values() for name in counts]
