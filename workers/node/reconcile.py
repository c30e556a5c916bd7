"""Placements as they should be, from the rows of sessions and pairs. Any node does it, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers.domain.homes import Use, plan_homes

if TYPE_CHECKING:
    from project.core.pg import Connection

_ALONE = "SELECT pg_try_advisory_xact_lock(7461, 2)"
# Everything in one statement: a node at rest asks for it every few seconds.
_ROWS = """
SELECT 'session' AS kind, 'session.' || id AS name, '' AS other
FROM tg_sessions_telegramsession WHERE lifecycle = 'active'
UNION ALL
SELECT 'login', account, '' FROM tg_sessions_loginattempt
WHERE step NOT IN ('done', 'failed') OR step = 'done' AND updated_at > clock_timestamp() - interval '2 minutes'
UNION ALL
SELECT 'login', account, '' FROM tg_sessions_lookup WHERE created_at > clock_timestamp() - interval '2 minutes'
UNION ALL
SELECT DISTINCT 'use', 'sender.' || pair.sender_id, 'session.' || assigned.session_id
FROM pairs_pair pair
JOIN pairs_assignment assigned ON assigned.pair_id = pair.id
JOIN tg_sessions_senderbot bot ON bot.id = pair.sender_id
WHERE pair.status <> 'removed' AND bot.state = 'active'
UNION ALL
SELECT 'placed', account, host FROM workers_placement
"""
_PLACE = """
INSERT INTO workers_placement (account, host, restarts, last_exit, updated_at)
SELECT account, host, 0, '', clock_timestamp() FROM unnest($1::text[], $2::text[]) AS wanted (account, host)
ON CONFLICT (account) DO UPDATE SET host = EXCLUDED.host, updated_at = EXCLUDED.updated_at,
  node_id = CASE WHEN EXCLUDED.host = EXCLUDED.account THEN workers_placement.node_id END
"""
_REMOVE = "DELETE FROM workers_placement WHERE account = ANY($1::text[])"


async def reconcile(conn: Connection) -> None:
    """Create, move and remove placements as the rows ask for. One statement when nothing changed; nothing while another
    node is at it."""
    if not (await _read(conn)).any():
        return
    async with conn.transaction():
        if await conn.fetchval(_ALONE):
            await _place(conn, await _read(conn))


@dataclass(frozen=True, slots=True)
class Changes:
    """Placements to write (account to host) and to remove."""

    placed: Mapping[str, str]
    gone: Sequence[str]

    def any(self) -> bool:
        """Whether there is something to do."""
        return bool(self.placed or self.gone)


async def _read(conn: Connection) -> Changes:
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, name, other in await conn.fetch(_ROWS):
        found.setdefault(kind, []).append((name, other))
    homes = plan_homes(
        sessions=[name for name, _ in found.get("session", ())],
        logins=[name for name, _ in found.get("login", ())],
        uses=[Use(sender, session) for sender, session in found.get("use", ())],
    )
    placed = dict(found.get("placed", ()))
    changed = {account: host for account, host in homes.items() if placed.get(account) != host}
    return Changes(changed, list(placed.keys() - homes.keys()))


async def _place(conn: Connection, changes: Changes) -> None:
    if changes.placed:
        await conn.execute(_PLACE, list(changes.placed), list(changes.placed.values()))
    if changes.gone:
        await conn.execute(_REMOVE, list(changes.gone))
