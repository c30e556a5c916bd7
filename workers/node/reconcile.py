"""Placements and groups as they should be, from the rows of sessions and pairs. Any node does it, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from project.core.config import Config
from workers.domain.groups import plan_groups
from workers.domain.homes import Use, plan_homes

if TYPE_CHECKING:
    from workers.database import Connection

_ALONE = "SELECT pg_try_advisory_xact_lock(7461, 2)"
_SESSIONS = "SELECT 'session.' || id FROM tg_sessions_telegramsession WHERE lifecycle = 'active'"
_LOGINS = """
SELECT account FROM tg_sessions_loginattempt
WHERE step NOT IN ('done', 'failed') OR step = 'done' AND updated_at > clock_timestamp() - interval '2 minutes'
UNION SELECT account FROM tg_sessions_lookup WHERE created_at > clock_timestamp() - interval '2 minutes'
"""
_USES = """
SELECT DISTINCT 'sender.' || pair.sender_id AS sender, 'session.' || assigned.session_id AS session
FROM pairs_pair pair
JOIN pairs_assignment assigned ON assigned.pair_id = pair.id
JOIN tg_sessions_senderbot bot ON bot.id = pair.sender_id
WHERE pair.status <> 'removed' AND bot.state = 'active'
"""
_PLACED = "SELECT account, host FROM workers_placement"
_PLACE = """
INSERT INTO workers_placement (account, host, restarts, last_exit, updated_at)
SELECT account, host, 0, '', clock_timestamp() FROM unnest($1::text[], $2::text[]) AS wanted (account, host)
ON CONFLICT (account) DO UPDATE SET host = EXCLUDED.host, updated_at = EXCLUDED.updated_at,
  node_id = CASE WHEN EXCLUDED.host = EXCLUDED.account THEN workers_placement.node_id END
"""
_REMOVE = "DELETE FROM workers_placement WHERE account = ANY($1::text[])"
_UNEVEN = """
SELECT session_id FROM (
  SELECT session_id, "group", count(*) AS size FROM pairs_assignment GROUP BY session_id, "group"
) AS sized
GROUP BY session_id
HAVING max(size) > $1 OR max(size) - min(size) > $2 OR (count(*) > 1 AND sum(size) + $2 <= $1 * (count(*) - 1))
"""
_ASSIGNED = 'SELECT pair_id, session_id, "group" FROM pairs_assignment WHERE session_id = ANY($1::bigint[])'
_REGROUP = """
UPDATE pairs_assignment SET "group" = plan."group"
FROM unnest($1::bigint[], $2::smallint[]) AS plan (pair_id, "group")
WHERE pairs_assignment.pair_id = plan.pair_id
"""


async def reconcile(conn: Connection, config: Config) -> None:
    """Create, move and remove placements, and regroup pairs, as the rows ask for. A no-op when nothing changed,
    and while another node is at it."""
    async with conn.transaction():
        if await conn.fetchval(_ALONE):
            await _place(conn)
            await _regroup(conn, limit=config.max_pairs_per_worker, threshold=config.rebalance_threshold)


async def _place(conn: Connection) -> None:
    homes = plan_homes(
        sessions=await _column(conn, _SESSIONS),
        logins=await _column(conn, _LOGINS),
        uses=[Use(row["sender"], row["session"]) for row in await conn.fetch(_USES)],
    )
    placed = {row["account"]: row["host"] for row in await conn.fetch(_PLACED)}
    changed = {account: host for account, host in homes.items() if placed.get(account) != host}
    if changed:
        await conn.execute(_PLACE, list(changed), list(changed.values()))
    gone = placed.keys() - homes.keys()
    if gone:
        await conn.execute(_REMOVE, list(gone))


async def _regroup(conn: Connection, *, limit: int, threshold: int) -> None:
    sessions = await _column(conn, _UNEVEN, limit, threshold)
    groups: dict[int, dict[int, int]] = {}
    for row in await conn.fetch(_ASSIGNED, sessions) if sessions else ():
        groups.setdefault(row["session_id"], {})[row["pair_id"]] = row["group"]
    moves: dict[int, int] = {}
    for current in groups.values():
        plan = plan_groups(current, limit=limit, threshold=threshold)
        moves |= {pair: group for pair, group in plan.items() if current[pair] != group}
    if moves:
        await conn.execute(_REGROUP, list(moves), list(moves.values()))


async def _column(conn: Connection, query: str, *values: object) -> Sequence[str]:
    return [row[0] for row in await conn.fetch(query, *values)]
