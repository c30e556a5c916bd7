"""What happens while nobody listens is neither lost nor out of order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace

import asyncpg
import pytest

from pairs import engine
from pairs.intake import source
from pairs.intake.reach import DAY, Reach
from project.sandbox.faults import FaultRule
from tests.integration.pairs.rig import Rig, running_rig, until


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=False, by_bot=True) as rig:
        yield rig


async def test_edits_and_deletes_of_a_downtime_with_many_posts_are_found(rig: Rig) -> None:
    """More posts than one re-check looks at: the old messages must not be pushed out of its sight."""
    first, second, third = (rig.world.post(rig.source, text) for text in ("first", "second", "third"))
    await rig.arrived("third")
    await rig.stop()
    texts = [f"away {number}" for number in range(120)]
    ids = [rig.world.post(rig.source, text) for text in texts]
    rig.world.edit(rig.source, first, "first, corrected")
    rig.world.delete(rig.source, [second, ids[50]])
    await rig.start()
    expected = ["first, corrected", "third", *texts[:50], *texts[51:]]
    await until(lambda: rig.at_destination() == expected, "everything")
    await until(lambda: len(rig.on_discord()) == len(expected), "the same on Discord")
    assert third


async def test_edits_of_a_downtime_are_found_when_the_catch_up_is_killed_half_way(rig: Rig) -> None:
    """What the first attempt journaled must not hide the older messages from the second."""
    first = rig.world.post(rig.source, "first")
    await rig.arrived("first")
    await rig.stop()
    texts = [f"away {number}" for number in range(150)]
    for text in texts:
        rig.world.post(rig.source, text)
    rig.world.edit(rig.source, first, "first, corrected")
    rig.world.faults.add(FaultRule("messages.getHistory"))  # the first page comes, the second does not
    rig.world.faults.add(FaultRule("messages.getHistory", delay=60.0, count=10))
    await rig.start()
    await until(lambda: texts[99] in rig.at_destination(), "the first page")
    await rig.crash()
    rig.world.faults.clear()
    await rig.start()
    await until(lambda: rig.at_destination() == ["first, corrected", *texts], "everything")


async def test_a_cut_connection_in_the_middle_of_traffic_loses_nothing(rig: Rig) -> None:
    texts = [f"message {number}" for number in range(60)]
    for number, text in enumerate(texts):
        rig.world.post(rig.source, text)
        if number in (20, 40):
            rig.world.cut()
        await asyncio.sleep(0)
    await rig.arrived(texts[-1])
    assert rig.at_destination() == texts


async def test_a_paused_pair_goes_on_where_it_stopped(rig: Rig, pg: asyncpg.Connection) -> None:
    second, destination = await paused_second(rig, pg)
    for number in range(5):
        rig.world.post(rig.source, f"paused {number}")
    await rig.arrived("paused 4")
    assert rig.at_destination(destination) == ["both"]
    await pg.execute("UPDATE pairs_pair SET status = 'active' WHERE id = $1", second)
    rig.engine.wake()
    expected = ["both", *(f"paused {number}" for number in range(5))]
    await until(lambda: rig.at_destination(destination) == expected, "what was missed")
    rig.world.post(rig.source, "after")
    await until(lambda: rig.at_destination(destination) == [*expected, "after"], "the next one")
    assert rig.at_destination() == [*expected, "after"]


async def test_pairs_that_come_while_a_scan_runs_begin_where_they_stood(rig: Rig, pg: asyncpg.Connection) -> None:
    """The scan has passed their cursors: the one loses nothing of that, and the new one gets nothing of it."""
    second, destination = await paused_second(rig, pg)
    rig.world.post(rig.source, "missed")
    await rig.arrived("missed")
    await rig.stop()
    texts = ["missed", *(f"away {number}" for number in range(110))]
    for text in texts[1:]:
        rig.world.post(rig.source, text)
    rig.world.faults.add(FaultRule("messages.getHistory"))  # the first page comes, the second later
    rig.world.faults.add(FaultRule("messages.getHistory", delay=3.0))
    await rig.start()
    await until(lambda: texts[100] in rig.at_destination(), "the first page")
    third, begun_now = await rig.second_pair()
    await pg.execute("UPDATE pairs_pair SET status = 'active' WHERE id = $1", second)
    rig.engine.wake()
    await until(lambda: third in rig.engine._pairs, "the new pair")
    rig.world.post(rig.source, "live")
    await until(lambda: rig.at_destination(destination) == ["both", *texts, "live"], "what was missed")
    await until(lambda: rig.engine._sources.synced, "the new pair's sync")
    rig.world.post(rig.source, "after")
    await until(lambda: rig.at_destination(begun_now) in (["after"], ["live", "after"]), "what came later")


async def test_a_returning_pair_takes_nothing_up_again_for_the_one_beside_it(rig: Rig, pg: asyncpg.Connection) -> None:
    """Whose links may be removed by now (LINK_DAYS): nothing would tell that it was relayed."""
    second, destination = await paused_second(rig, pg)
    for number in range(3):
        rig.world.post(rig.source, f"missed {number}")
    await rig.arrived("missed 2")
    old = "pair_id = $1 AND seq < 4"
    await pg.execute(f"DELETE FROM pairs_delivery WHERE {old}", rig.pair)
    await pg.execute(f"DELETE FROM pairs_event WHERE {old}", rig.pair)
    await pg.execute("UPDATE pairs_pair SET status = 'active' WHERE id = $1", second)
    rig.engine.wake()
    await until(lambda: "missed 2" in rig.at_destination(destination), "what was missed")
    assert await pg.fetchval("SELECT count(*) FROM pairs_event WHERE pair_id = $1", rig.pair) == 1


async def test_after_long_only_what_is_young_enough_is_relayed_and_operators_hear_of_it(
    rig: Rig, pg: asyncpg.Connection
) -> None:
    rig.world.post(rig.source, "first")
    await rig.arrived("first")
    await rig.stop()
    rig.reach = Reach(days=7)
    last = post_days_ago(rig, 8, [f"old {number}" for number in range(130)])
    young = [f"young {number}" for number in range(3)]
    post_days_ago(rig, 6, young)
    await rig.start()
    rig.world.post(rig.source, "now")
    await until(lambda: rig.at_destination() == ["first", *young, "now"], "what is young enough")
    (told,) = [row["text"] for row in await pg.fetch("SELECT text FROM core_notice")]
    assert f"absence of pair {rig.pair} not all" in told
    assert f"after message {last} of the source" in told
    assert "not older than 7 days" in told
    assert await pg.fetchval("SELECT after->'cursor' FROM core_auditevent WHERE action = 'pair.left_out'") == str(last)


async def test_of_very_many_only_the_newest_are_relayed(rig: Rig, pg: asyncpg.Connection) -> None:
    """The pair that missed nothing beside it is left alone."""
    second, destination = await paused_second(rig, pg)
    texts = [f"missed {number}" for number in range(120)]
    for text in texts:
        rig.world.post(rig.source, text)
    await rig.arrived(texts[-1])
    await rig.stop()
    rig.reach = Reach(messages=20)
    await pg.execute("UPDATE pairs_pair SET status = 'active' WHERE id = $1", second)
    await rig.start()
    await until(lambda: rig.at_destination(destination) == ["both", *texts[-20:]], "the newest twenty")
    assert rig.at_destination() == ["both", *texts]
    assert await pg.fetchval("SELECT count(*) FROM core_auditevent WHERE action = 'pair.left_out'") == 1


async def test_what_is_within_reach_is_relayed_whole(rig: Rig, pg: asyncpg.Connection) -> None:
    rig.world.post(rig.source, "first")
    await rig.arrived("first")
    await rig.stop()
    rig.reach = Reach(days=7, messages=120)
    texts = [f"missed {number}" for number in range(120)]
    post_days_ago(rig, 6, texts)
    await rig.start()
    await until(lambda: rig.at_destination() == ["first", *texts], "everything")
    assert await pg.fetchval("SELECT count(*) FROM core_notice") == 0


async def test_a_clock_that_is_ahead_leaves_nothing_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.stop()
    monkeypatch.setattr(source, "time", SimpleNamespace(time=lambda: time.time() + 8 * DAY))
    rig.reach = Reach(days=7)
    rig.world.post(rig.source, "missed")
    await rig.start()
    rig.world.post(rig.source, "now")
    await until(lambda: rig.at_destination() == ["missed", "now"], "everything")


async def test_changes_are_noticed_though_nobody_wakes_us(
    rig: Rig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POLL", 0.1)
    rig.engine.wake()
    await pg.execute("UPDATE pairs_pair SET status = 'paused'")
    await until(lambda: rig.engine._pairs[rig.pair].status == "paused", "the pause")
    rig.world.post(rig.source, "while paused")
    await pg.execute("UPDATE pairs_pair SET status = 'active'")
    await rig.arrived("while paused")


async def test_a_source_that_cannot_be_read_for_a_while_is_caught_up_later(rig: Rig) -> None:
    rig.world.post(rig.source, "before")
    await rig.arrived("before")
    await rig.stop()
    rig.world.post(rig.source, "meanwhile")
    rig.world.faults.add(FaultRule("messages.getHistory", code=400, error="CHANNEL_PRIVATE", count=3))
    await rig.start()
    rig.world.post(rig.source, "after")
    await rig.arrived("after")
    assert rig.at_destination() == ["before", "meanwhile", "after"]


async def test_a_pair_handed_over_and_back_misses_nothing(rig: Rig, pg: asyncpg.Connection) -> None:
    rig.world.post(rig.source, "before")
    await rig.arrived("before")
    await pg.execute("UPDATE pairs_assignment SET generation = generation + 1")
    for number in range(3):
        rig.world.post(rig.source, f"unnoticed {number}")
    await rig.arrived("unnoticed 2")
    assert rig.at_destination() == ["before", *(f"unnoticed {number}" for number in range(3))]


def post_days_ago(rig: Rig, days: int, texts: list[str]) -> int:
    """Posts as of that day; the last message's id."""
    state = rig.world.state
    now, state.clock = state.clock, replace(state.clock, wall=lambda: time.time() - days * DAY)
    last = [rig.world.post(rig.source, text) for text in texts][-1]
    state.clock = now
    return last


async def paused_second(rig: Rig, pg: asyncpg.Connection) -> tuple[int, int]:
    """A second pair that has relayed "both", and is paused then; its id and destination."""
    second, destination = await rig.second_pair()
    rig.engine.wake()
    await until(lambda: second in rig.engine._pairs and rig.engine._sources.synced, "the second pair")
    rig.world.post(rig.source, "both")
    await until(lambda: rig.at_destination(destination) == ["both"], "the second destination")
    await pg.execute("UPDATE pairs_pair SET status = 'paused' WHERE id = $1", second)
    rig.engine.wake()
    await until(lambda: rig.engine._pairs[second].status == "paused", "the pause")
    return second, destination
