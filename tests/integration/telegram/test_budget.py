"""What an account asks of Telegram while nothing happens: an hour, by a clock that runs faster."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections import Counter
from random import Random
from types import SimpleNamespace

import pytest

from pairs.domain.pace import Pace
from pairs.intake.stall import StallWatch
from project.core.errors import RetryLater
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.settings import OFF, Settings
from project.sandbox.telegram.world import TelegramWorld
from project.telegram import client, link
from project.telegram.governor import FRESH_BURST
from project.telegram.sender import CALL_LIMIT, Sender
from tests.integration.telegram.conftest import Probe, Telegram, until
from workers.worker.checkup import Examiner

FASTER = 300  # an hour takes twelve seconds
HOUR, CHECK_EVERY = 3600.0, 300.0
SOURCES = 30
BUDGET = 40


class _FastSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / FASTER if timeout else timeout)  # type: ignore[no-any-return]


class FastLoop(asyncio.SelectorEventLoop):
    """Its seconds are shorter; the network keeps its pace."""

    def __init__(self) -> None:
        super().__init__(_FastSelector())

    def time(self) -> float:
        return super().time() * FASTER


async def _idle_hour(*, guests: int = 0) -> Counter[str]:
    """The calls of one account with 30 sources, its look for silent ones and its health checks; it is no member of
    `guests` others, in which something was posted just before."""
    server = TelegramServer(TelegramWorld(Settings(limits=OFF)))
    await server.start()
    telegram = Telegram(server.world, server)
    probe = await telegram.user()
    chats = [await telegram.channel(probe, title=f"Source {number}") for number in range(SOURCES)]
    public = [server.world.create_channel("Public", username=f"public_{number}") for number in range(guests)]
    for number in range(guests):
        await probe.account.resolve(f"@public_{number}")
    tops: dict[int, int] = {}
    sources = {
        chat: SimpleNamespace(
            account=probe.account,
            guest=chat in public,
            changed_at=0.0,
            stands_at=lambda top, chat=chat: tops.update({chat: top}),
        )
        for chat in [*chats, *public]
    }
    for chat in chats:
        server.world.post(chat, "the last one")
    await until(lambda: len(probe.posted) == SOURCES, 30.0 * FASTER)
    await asyncio.sleep(1.5 * FASTER)  # dates have whole seconds of the wall clock: what follows is surely later
    probe = await _restarted(telegram, probe)
    for source in sources.values():
        source.account, source.changed_at = probe.account, asyncio.get_running_loop().time()
    user = str(await telegram.id_of(probe))
    caught_up = "updates.getChannelDifference"
    await until(lambda: server.world.counters().calls[user].get(caught_up, 0) == SOURCES, 30.0 * FASTER)
    before = Counter(server.world.counters().calls[user])
    loop = asyncio.get_running_loop()
    examiner = Examiner(loop.time)
    watching = asyncio.create_task(StallWatch(sources, Random(1), Pace()).run())  # type: ignore[arg-type]
    for _ in range(int(HOUR / CHECK_EVERY)):
        await asyncio.sleep(CHECK_EVERY)
        checked = await examiner.examine(probe.account, [], chats)
        assert (checked.passed, checked.access) == (True, dict.fromkeys(chats, "member"))
    made = Counter(server.world.counters().calls[user]) - before
    watching.cancel()
    assert len(tops) == SOURCES + guests
    assert all(tops.values())
    await probe.close()
    await server.stop()
    return made


async def _restarted(telegram: Telegram, probe: Probe) -> Probe:
    """With the counters of every source, whose difference Telethon would ask for when it is quiet."""
    state = probe.account.snapshot()
    await probe.close()
    again = telegram.probe(state)
    await again.account.connect()
    again.run()
    return again


@pytest.fixture
def _faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PING_LIMIT", client.PING_LIMIT * FASTER)  # the network is not faster
    monkeypatch.setattr(link, "OPEN_LIMIT", link.OPEN_LIMIT * FASTER)
    for call in (link.Link.call, client.Client.ask, Sender.ask):
        monkeypatch.setitem(call.__kwdefaults__, "limit", CALL_LIMIT * FASTER)


def _calls(*, guests: int) -> Counter[str]:
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        calls = runner.run(_idle_hour(guests=guests))
    return Counter({name: count for name, count in calls.items() if "ping" not in name.lower()})


@pytest.mark.usefixtures("_faster")
def test_an_idle_session_with_30_sources_stays_within_its_budget() -> None:
    calls = _calls(guests=0)
    assert calls.total() <= BUDGET, calls
    assert calls["messages.getPeerDialogs"] >= 20  # the hour did pass
    assert not calls["updates.getChannelDifference"]


@pytest.mark.usefixtures("_faster")
def test_sources_that_a_session_only_reads_as_a_guest_share_a_look_each_20_seconds() -> None:
    calls = _calls(guests=5)
    assert 150 <= calls["messages.getPeerDialogs"] <= 205
    assert calls.total() <= 205 + BUDGET / 2, calls
    assert not calls["updates.getChannelDifference"]


async def test_background_questions_end_before_relaying_does(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    probe.account._link.session.state.since = time.time()  # logged in just now

    async def poll() -> None:
        for _ in range(FRESH_BURST + 1):
            await probe.account.tops([channel])

    with pytest.raises(RetryLater) as refused:
        await poll()
    assert refused.value.scope == "session.1:background"
    assert [message async for message in probe.account.history(channel, 0)] == []
    assert (await probe.account.chat(channel)).chat_id == channel
