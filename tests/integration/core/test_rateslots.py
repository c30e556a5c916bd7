"""Slots of a limit that two connections share, on a real PostgreSQL."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from project.core.rateslots import NO_LIMIT, Grant, Wish, block, blocks, reserve, sweep
from tests.conftest import Connect

KEY = "dc:webhook:7"


async def take(conn: asyncpg.Connection, count: int = 1, *, most: int = 5, seconds: float = 60.0) -> Grant:
    (grant,) = await reserve(conn, [Wish(KEY, count, most, seconds)])
    return grant


async def test_two_processes_share_one_window_and_then_the_next(connect_pg: Connect) -> None:
    first, second = await connect_pg(), await connect_pg()
    mine, theirs = await take(first, 3), await take(second, 3)
    assert (mine.count, mine.wait, theirs.count, theirs.wait) == (3, 0.0, 2, 0.0)
    later = await take(first, 3)
    assert later.count == 3
    assert 55 < later.wait <= 60
    assert later.lasts == pytest.approx(later.wait + 60, abs=1)


async def test_a_storm_of_reservations_hands_out_each_slot_once(connect_pg: Connect) -> None:
    connections = [await connect_pg() for _ in range(4)]

    async def storm(conn: asyncpg.Connection) -> list[Grant]:
        return [await take(conn, 1 + number % 3, most=10) for number in range(10)]

    grants = [grant for found in await asyncio.gather(*map(storm, connections)) for grant in found]
    windows: dict[int, int] = {}
    for grant in grants:
        window = round((grant.lasts - 60) / 60)
        windows[window] = windows.get(window, 0) + grant.count
    assert all(used <= 10 for used in windows.values())
    assert all(used == 10 for window, used in windows.items() if window < max(windows))


async def test_a_window_that_is_over_gives_place_to_a_new_one(pg: asyncpg.Connection) -> None:
    assert (await take(pg, 9)).count == 5
    await pg.execute("UPDATE core_rateslot SET opens_at = opens_at - interval '61 s'")
    fresh = await take(pg, 2)
    assert (fresh.count, fresh.wait, fresh.taken) == (2, 0.0, 2)


async def test_a_wait_of_one_process_is_seen_by_the_others_and_is_never_shortened(connect_pg: Connect) -> None:
    first, second = await connect_pg(), await connect_pg()
    await block(first, {KEY: 30.0, "session.1:SendMessage": 5.0})
    await block(first, {KEY: 1.0})
    assert 25 < (await take(second)).blocked <= 30
    seen = await blocks(second)
    assert set(seen) == {KEY, "session.1:SendMessage"}
    assert seen[KEY] > 25
    await first.execute("UPDATE core_rateslot SET blocked_until = now() - interval '1 s'")
    assert await blocks(second) == {}
    assert (await take(second)).blocked == 0


async def test_counting_has_no_limit(pg: asyncpg.Connection) -> None:
    counts = [(await take(pg, 7, most=NO_LIMIT, seconds=600)).taken for _ in range(3)]
    assert counts == [7, 14, 21]


async def test_what_nobody_used_for_a_day_is_forgotten(pg: asyncpg.Connection) -> None:
    await take(pg)
    await sweep(pg)
    assert await pg.fetchval("SELECT count(*) FROM core_rateslot") == 1
    await pg.execute("UPDATE core_rateslot SET opens_at = now() - interval '2 days'")
    await sweep(pg)
    assert await pg.fetchval("SELECT count(*) FROM core_rateslot") == 0
