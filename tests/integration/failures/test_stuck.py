"""A message that is always answered with 5xx: told from an outage, and seen by operators while it holds its pair up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from pairs.bot.texts import line
from pairs.lane.trouble import Patience
from pairs.models import Pair
from pairs.services.checks import check_pair
from pairs.services.lags import lags, tell_lags
from pairs.services.registry import list_pairs, search_pairs, view
from project.core.checks import Level, ok
from project.core.config import current
from project.core.models import Notice
from project.doors.doctor.overview import _waiting
from project.sandbox.faults import FaultRule
from sessions.models import TelegramSession
from tests.integration.failures.rig import SEND, WEBHOOK, FailureRig, failing
from tests.integration.pairs.rig import until_value
from workers.services.session_status import _report

DEAD = "SELECT count(*) FROM pairs_delivery WHERE state = 'dead'"
TRIED = "SELECT max(tries) >= 2 FROM pairs_delivery WHERE state IN ('sending', 'waiting')"


@pytest.fixture
async def rig(pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FailureRig]:
    monkeypatch.setattr("pairs.lane.attempts.SETTLE_TIME", 0.05)
    async with failing(pg) as rig:
        await rig.crash()
        rig.patience = Patience(tries=3, seconds=0.0)
        await rig.start()
        yield rig


@pytest.mark.parametrize(
    ("method", "code", "hop"), [(WEBHOOK, 500, 1), (SEND, 500, 2)], ids=["to Discord", "to the destination"]
)
async def test_it_is_set_aside_when_the_next_one_passes(
    rig: FailureRig, pg: asyncpg.Connection, method: str, code: int, hop: int
) -> None:
    fault(rig, method, FaultRule(method, code=code, error="RPC_CALL_FAIL", count=3))
    for text in ("poison", "fine", "more"):
        rig.world.post(rig.source, text)
    await rig.arrived("more")
    assert await pg.fetch("SELECT hop, seq FROM pairs_delivery WHERE state = 'dead'") == [(hop, 1)]
    reason = await pg.fetchval("SELECT reason FROM pairs_delivery WHERE state = 'dead'")
    assert "tried 3 times in vain, while the message behind it went through" in reason
    assert rig.at_destination() == (["poison", "fine", "more"] if hop == 1 else ["fine", "more"])
    assert rig.said() == (["fine", "more"] if hop == 1 else ["poison", "fine", "more"])


@pytest.mark.parametrize("method", [WEBHOOK, SEND], ids=["Discord", "the destination"])
async def test_an_outage_loses_nothing_and_keeps_the_order(
    rig: FailureRig, pg: asyncpg.Connection, method: str
) -> None:
    fault(rig, method, FaultRule(method, code=500, error="RPC_CALL_FAIL", count=10))
    for text in ("one", "two", "three"):
        rig.world.post(rig.source, text)
    await rig.once(["one", "two", "three"])
    assert await pg.fetchval(DEAD) == 0


async def test_a_killed_process_leaves_its_tries_to_the_next_one(rig: FailureRig, pg: asyncpg.Connection) -> None:
    fault(rig, WEBHOOK, FaultRule(WEBHOOK, code=500, count=3))
    rig.world.post(rig.source, "poison")
    await until_value(pg, TRIED, True)
    await rig.crash()
    await rig.start()
    rig.world.post(rig.source, "fine")
    await rig.arrived("fine")
    assert await pg.fetch("SELECT hop, seq FROM pairs_delivery WHERE state = 'dead'") == [(1, 1)]
    assert rig.said() == ["fine"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairs.services.lags.lags.__kwdefaults__", {"least": 0.2})


async def test_while_it_waits_every_screen_says_so_and_why(
    rig: FailureRig, pg: asyncpg.Connection, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(rig, WEBHOOK, FaultRule(WEBHOOK, code=500, count=1000))
    rig.world.post(rig.source, "poison")
    await until_value(pg, TRIED.replace("2", "4"), True)
    monkeypatch.setattr("pairs.services.lags.current", lambda: _Soon())
    # No worker answers look-ups in this rig: the minute of waiting for one would let the pauses between tries grow.
    monkeypatch.setattr("pairs.services.checks._source", lambda pair, session: ok("source", "read"))
    seen = await sync_to_async(apart(screens))()
    for place, text in seen.items():
        assert "behind on the way to Discord: Discord answered 500." in text, place
    await sync_to_async(apart(tell_lags))()  # once
    assert await pg.fetchval("SELECT count(*) FROM core_notice WHERE key LIKE 'lag.%'") == 1
    rig.discord.world.faults.clear()
    await rig.once(["poison"])
    assert not await sync_to_async(apart(lags))()
    await sync_to_async(apart(tell_lags))()
    assert await pg.fetchval("SELECT count(*) FROM core_notice WHERE key LIKE 'lag.%' AND ended_at IS NULL") == 0


class _Soon:
    lag_notice = 0.2


def screens() -> dict[str, str]:
    """What operators read about the pair, by place."""
    pair = Pair.objects.get()
    tell_lags()
    check = next(check for check in check_pair(pair) if check.what == "queue")
    assert check.level is Level.WARNING
    return {
        "pair list": list_pairs()[0].remark,
        "/pairs": line(search_pairs("", offset=0, limit=5).pairs[0], timezone.now()),
        "admin list": view(pair).remark,
        "pair test, /testpair": check.text,
        "doctor": " ".join(check.text for check in _waiting()),
        "session status": _report(TelegramSession.objects.get(), fresh=True, why_not="").pairs[0].reason,
        "notice": Notice.objects.get(key__startswith="lag.").text,
    }


def apart(do: Callable[[], object]) -> Callable[[], object]:
    """In a thread of its own, whose connections are closed again."""

    def work() -> object:
        try:
            return do()
        finally:
            connections.close_all()

    return work


def fault(rig: FailureRig, method: str, rule: FaultRule) -> None:
    if method == SEND:
        rig.world.faults.add(rule)
    else:
        rig.discord.world.fault(rule)


def test_the_patience_of_an_installation_is_a_setting() -> None:
    config = current()
    assert (config.stuck_tries, config.stuck_seconds, config.lag_notice) == (8, 480.0, 300.0)
