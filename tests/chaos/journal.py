"""Compares what stands with what the journal says was about to be sent: nothing may go out unrecorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from tests.chaos.records import RouteRecord, Seen
from tests.harness.world import World

CLOCKS = 50.0  # milliseconds that the wall clock may have been set by against the monotonic one
_ROWS = """
SELECT pair.source_chat, row.hop, row.remote_id, row.reason = 'id unknown' AS unknown,
       extract(epoch FROM row.attempted_at)::float8 * 1000 AS attempted
FROM pairs_delivery row JOIN pairs_pair pair ON pair.id = row.pair_id
WHERE row.act = 'post' AND row.attempted_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """One hop of a pair in the journal: by remote id, when the row was committed, in milliseconds of the machine's
    monotonic clock; and how many rows know no id."""

    attempted: Mapping[int, float]
    unknown: int = 0


async def read_rows(dsn: str, world: World) -> dict[tuple[int, int], Rows]:
    """By route and hop."""
    offset = (time.time() - time.monotonic()) * 1000
    routes = {route.source: index for index, route in enumerate(world.routes)}
    conn = await asyncpg.connect(dsn)
    try:
        found = await conn.fetch(_ROWS)
    finally:
        await conn.close()
    attempted: dict[tuple[int, int], dict[int, float]] = {}
    unknown: dict[tuple[int, int], int] = {}
    for row in found:
        where = routes[row["source_chat"]], row["hop"]
        attempted.setdefault(where, {})[row["remote_id"]] = row["attempted"] - offset
        unknown[where] = unknown.get(where, 0) + row["unknown"]
    return {where: Rows(times, unknown[where]) for where, times in attempted.items()}


def unrecorded(records: Mapping[int, RouteRecord], rows: Mapping[tuple[int, int], Rows]) -> list[str]:
    """Messages that stand, and of which no row was committed before they did. A copy too many is not counted here."""
    found = []
    for index, record in records.items():
        for hop, place, posts in ((1, "Discord", record.discord), (2, "destination", record.destination)):
            missing = _missing(posts, rows.get((index, hop), Rows({})))
            found += [f"route {index}: unrecorded {place} #{number:06d}" for number in missing]
    return found


def _missing(posts: Iterable[Seen], rows: Rows) -> list[int]:
    first: dict[int, float] = {}
    recorded = set()
    for seen in posts:
        arrived = first.setdefault(seen.number, seen.arrived)
        if rows.attempted.get(seen.id, float("inf")) <= arrived + CLOCKS:
            recorded.add(seen.number)
    return [number for number in first if number not in recorded][rows.unknown :]
