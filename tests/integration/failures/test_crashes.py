"""kill -9 at each step of a message: the next owner sends what is missing, and nothing twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from pairs.forward.discord_hop import DiscordHop
from pairs.forward.telegram_hop import TelegramHop
from pairs.lane import attempts
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.messages import NewFile
from tests.conftest import Connect
from tests.integration.failures.rig import BOT, SEND, WEBHOOK, FailureRig, Held, failing
from tests.integration.pairs.rig import until, until_value
from tests.integration.telegram.pictures import png

BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "SETTLE_TIME", 0.2)


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[FailureRig]:
    async with failing(pg) as rig:
        yield rig


async def test_before_the_journal_commit(rig: FailureRig, connect_pg: Connect, pg: asyncpg.Connection) -> None:
    """The journal's statement is under way when the process and its database connection end."""
    rig.world.post(rig.source, "first")
    await rig.once(["first"])
    blocker = await connect_pg()
    async with blocker.transaction():
        await blocker.execute("LOCK TABLE pairs_event IN EXCLUSIVE MODE")
        rig.world.post(rig.source, "second")
        await until_value(pg, f"SELECT count(*) > 0 FROM ({BLOCKED}) b", True)
        waiting = await pg.fetch(BLOCKED)
        await rig.crash()
        for row in waiting:
            await pg.execute("SELECT pg_terminate_backend($1)", row["pid"])
        await until_value(pg, f"SELECT count(*) FROM ({BLOCKED}) b", 0)
    assert await pg.fetchval("SELECT count(*) FROM pairs_event") == 1
    await rig.start()
    rig.world.post(rig.source, "third")
    await rig.once(["first", "second", "third"])


@pytest.mark.parametrize("hop", [DiscordHop, TelegramHop], ids=["hop 1", "hop 2"])
async def test_after_the_commit_before_the_send(
    hop: type, rig: FailureRig, monkeypatch: pytest.MonkeyPatch, pg: asyncpg.Connection
) -> None:
    with Held(monkeypatch, hop, "perform") as held:
        rig.world.post(rig.source, "committed")
        await until(held.reached.is_set, "the send")
        number = 1 if hop is DiscordHop else 2
        await until_value(pg, f"SELECT state FROM pairs_delivery WHERE hop = {number}", "sending")
        await rig.crash()
    assert rig.at_destination() == []
    await rig.start()
    await rig.once(["committed"])


@pytest.mark.parametrize("method", [WEBHOOK, BOT, SEND], ids=["webhook", "Discord bot", "Telegram"])
@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.DROP], ids=["answer on its way", "answer lost"])
async def test_after_the_bytes_left_before_the_mark(method: str, phase: Phase, pg: asyncpg.Connection) -> None:
    """The platform gets the call and carries it out, now or in a moment; nobody hears its answer."""
    async with failing(pg, by_webhook=method != BOT) as rig:
        platform = rig.world.faults if method == SEND else rig.discord.world.faults
        platform.add(FaultRule(method, phase, delay=0.1))
        rig.world.post(rig.source, "under way")
        rig.world.post(rig.source, "behind it")
        await until(lambda: rig.calls(method) > 0, "the call")
        await rig.crash()
        await rig.start()
        await rig.once(["under way", "behind it"])


async def test_between_the_hops(rig: FailureRig, monkeypatch: pytest.MonkeyPatch) -> None:
    with Held(monkeypatch, TelegramHop, "plan"), Held(monkeypatch, TelegramHop, "perform"):
        message = rig.world.post(rig.source, "half way")
        await until(lambda: rig.said() == ["half way"], "hop 1")
        await rig.crash()
    assert rig.at_destination() == []
    await rig.start()
    await rig.once(["half way"])
    assert rig.calls(WEBHOOK) == 1
    rig.world.edit(rig.source, message, "changed on both sides")
    await rig.once(["changed on both sides"])


async def test_between_the_parts_of_a_long_text(rig: FailureRig) -> None:
    first, second = "a" * 1990, "b" * 1990
    rig.discord.world.fault(FaultRule(WEBHOOK))
    rig.discord.world.fault(FaultRule(WEBHOOK, Phase.LOST, delay=0.2))
    message = rig.world.post(rig.source, f"{first}\n{second}")
    await until(lambda: rig.calls(WEBHOOK) == 2, "the second part")
    await rig.crash()
    assert len(rig.on_discord()) == 1
    await rig.start()
    await until(lambda: len(rig.at_destination()) == 1, "the destination")
    assert rig.on_discord() == [first, second]
    rig.world.edit(rig.source, message, "short")
    await rig.once(["short"])


async def test_between_the_messages_of_an_album(rig: FailureRig) -> None:
    photos = [NewFile(f"{n}.png", "image/png", png(), photo=True) for n in range(3)]
    rig.world.faults.add(FaultRule("messages.sendMedia"))
    rig.world.faults.add(FaultRule("messages.sendMedia", Phase.DROP, delay=0.1))
    first = rig.world.post(rig.source, "album", files=photos)
    await until(lambda: rig.calls("messages.sendMedia") == 2, "the second photo")
    await rig.crash()
    await rig.start()
    await until(lambda: len(rig.standing()) >= 3, "the third photo")
    rig.world.post(rig.source, "next")
    await until(lambda: "next" in rig.at_destination(), "the next message")
    assert rig.at_destination() == ["album", "", "", "next"]
    assert len([m for m in rig.discord.world.messages(rig.discord.channel) if m.files]) == 3
    rig.world.edit(rig.source, first, "album, named")
    await until(lambda: rig.at_destination() == ["album, named", "", "", "next"], "the edit")
