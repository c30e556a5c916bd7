"""Limits that processes share, as rows: slots reserved ahead, and waits that a platform asked for.

A platform counts in windows: so many requests from the first one on, for so long. A reservation takes slots of the
present window, or of the next when none is left: nobody hands out more than the platform does. All times are the
database's clock's. Reservations commit without waiting for the disk: losing one with the server costs a 429 at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from project.core.pg import Connection

NO_LIMIT = 2**31 - 1  # as `most`: only count

# ruff: noqa: S608 - made of constants
_OVER = "s.opens_at + make_interval(secs => s.seconds) <= now()"
_NEXT = f"({_OVER} OR s.taken >= s.most)"
_LEFT = "greatest(extract(epoch FROM {} - clock_timestamp()), 0)::float8"
_RESERVE = f"""
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
wish AS (
    SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::float8[]) AS w(key, want, most, seconds), quick
    ORDER BY key
)
INSERT INTO core_rateslot AS s (key, opens_at, taken, most, seconds, granted)
SELECT key, now(), least(want, most), most, seconds, least(want, most) FROM wish
ON CONFLICT (key) DO UPDATE SET
    opens_at = CASE WHEN {_OVER} THEN now() WHEN s.taken >= s.most THEN s.opens_at + make_interval(secs => s.seconds)
               ELSE s.opens_at END,
    granted = CASE WHEN {_NEXT} THEN excluded.granted ELSE least(excluded.granted, s.most - s.taken) END,
    taken = CASE WHEN {_NEXT} THEN excluded.granted ELSE least(s.taken + excluded.granted, s.most) END,
    most = excluded.most, seconds = excluded.seconds
RETURNING key, granted, taken, seconds, {_LEFT.format("opens_at")} AS wait,
          coalesce({_LEFT.format("blocked_until")}, 0) AS blocked,
          extract(epoch FROM opens_at + make_interval(secs => seconds) - clock_timestamp())::float8 AS lasts
"""
_BLOCK = """
INSERT INTO core_rateslot AS s (key, blocked_until)
SELECT key, clock_timestamp() + make_interval(secs => seconds)
FROM unnest($1::text[], $2::float8[]) AS b(key, seconds) ORDER BY key
ON CONFLICT (key) DO UPDATE SET blocked_until = greatest(s.blocked_until, excluded.blocked_until)
"""
_BLOCKS = f"""
SELECT key, {_LEFT.format("blocked_until")} AS seconds FROM core_rateslot WHERE blocked_until > clock_timestamp()
"""
_SWEEP = """
DELETE FROM core_rateslot
WHERE greatest(opens_at, blocked_until) + make_interval(secs => seconds) < clock_timestamp() - interval '1 day'
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """`count` slots of a limit of `most` in each window of `seconds`."""

    key: str
    count: int
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Grant:
    """`count` slots that may be used in `wait` seconds, until `lasts` seconds from now. `taken` is the window's use by
    all. `blocked`: seconds for which nobody may, whatever was reserved."""

    key: str
    count: int
    wait: float
    lasts: float
    taken: int
    blocked: float


async def reserve(conn: Connection, wishes: Sequence[Wish]) -> list[Grant]:
    """Slots for each wish, at least one; one statement. A key may be named once."""
    rows = await conn.fetch(
        _RESERVE,
        [wish.key for wish in wishes],
        [wish.count for wish in wishes],
        [wish.most for wish in wishes],
        [wish.seconds for wish in wishes],
    )
    return [Grant(row["key"], row["granted"], row["wait"], row["lasts"], row["taken"], row["blocked"]) for row in rows]


async def block(conn: Connection, waits: Mapping[str, float]) -> None:
    """Nobody uses these keys for so many seconds. A shorter wait never ends a longer one."""
    await conn.execute(_BLOCK, list(waits), list(waits.values()))


async def blocks(conn: Connection) -> dict[str, float]:
    """Every wait that is not over, in seconds from now."""
    return {row["key"]: row["seconds"] for row in await conn.fetch(_BLOCKS)}


async def sweep(conn: Connection) -> None:
    """Forget what nobody used for a day."""
    await conn.execute(_SWEEP)
